import { randomUUID } from 'node:crypto';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Database, Statement } from '../db/database.ts';
import type { Log } from '../lib/log.ts';
import type { Queue } from '../queue/queue.ts';
import { announceCallbacks, insertDelivery } from '../store/deliveries.ts';
import { countDurations } from '../store/durations.ts';
import { forgetLooseFile, keepFile } from '../store/looseFiles.ts';
import { filesOf, toVideo } from '../store/video.ts';
import type { VideoError, VideoRow } from '../store/video.ts';
import { completeVideo, failVideo, releaseVideo } from '../store/leases.ts';
import { artifactNamed } from '../store/videoFiles.ts';
import type { Attempt } from './attempt.ts';
import type { MadeVideo } from './makeVideo.ts';

/** How an attempt ends: the job's row, its queue entry and the callback about it change together. */
export class Settlement {
	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly artifacts: ArtifactStore,
		/** How long a finished video is kept. */
		private readonly keepSeconds: number,
		private readonly log: Log,
	) {}

	async complete(attempt: Attempt, made: Omit<MadeVideo, 'file' | 'poster'>): Promise<void> {
		const { video, lease } = attempt;
		const expiresAt = new Date(Date.now() + this.keepSeconds * 1000);
		// Where this throws, the file stays: the answer to a commit that went through may have been lost.
		// If it did not, the file is still noted as loose, and maintenance removes it.
		const stored = await this.#end(
			attempt,
			completeVideo(lease, { ...made, expiresAt }),
			filesOf(made.artifact).map((name) => keepFile(video.id, name)),
		);
		if (stored) {
			this.log.info({ video: video.id, runMs: stored.run_ms }, 'Job completed');
			return;
		}
		// The answer to an earlier call may have been lost after all.
		if (await artifactNamed(this.database, made.artifact.name)) return;
		// Somebody else took the job over or cancelled it: this result never was.
		for (const name of filesOf(made.artifact)) {
			await this.artifacts.remove(name);
			await forgetLooseFile(this.database, name);
		}
		this.log.info({ video: video.id }, 'A result came too late and was thrown away');
	}

	async fail(attempt: Attempt, error: VideoError): Promise<void> {
		await this.#end(attempt, failVideo(attempt.lease, error));
	}

	/** @param refund whether this attempt counts as if it had not been */
	async giveBack({ lease, queueClaim }: Attempt, refund: boolean): Promise<void> {
		await this.database.batch([
			releaseVideo(lease, refund),
			...(await this.queue.giveBack(queueClaim)),
		]);
		this.queue.announceVideos();
	}

	/** Each statement changes nothing where the attempt has lost its lease or its claim. */
	async #end(
		{ video, lease, queueClaim }: Attempt,
		end: Statement,
		more: Statement[] = [],
	): Promise<VideoRow | undefined> {
		const callsBack = video.webhook_url !== null;
		const [rows] = await this.database.batch([
			end,
			countDurations(lease),
			...(await this.queue.complete(queueClaim)),
			...(callsBack ? [insertDelivery(randomUUID(), video.id)] : []),
			...more,
		]);
		if (callsBack) announceCallbacks(this.database);
		return rows![0] && toVideo(rows![0]);
	}
}
