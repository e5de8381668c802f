import type { ArtifactStore } from '../artifacts/store.ts';
import { enqueueCallbackFor } from '../callbacks/enqueue.ts';
import type { CallbackBody } from '../callbacks/enqueue.ts';
import type { Database } from '../db/database.ts';
import type { Log } from '../lib/log.ts';
import type { Queue } from '../queue/queue.ts';
import type { VideoError } from '../store/video.ts';
import { completeVideo, failVideo, releaseVideo } from '../store/videos.ts';
import type { Attempt } from './attempt.ts';
import type { MadeVideo } from './makeVideo.ts';

/** How an attempt ends: the job's row, its queue entry and the callback about it change together. */
export class Settlement {
	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly artifacts: ArtifactStore,
		private readonly callbackBody: CallbackBody,
		/** How long a finished video is kept. */
		private readonly keepSeconds: number,
		private readonly log: Log,
	) {}

	async complete(attempt: Attempt, made: MadeVideo): Promise<void> {
		const expiresAt = new Date(Date.now() + this.keepSeconds * 1000);
		// Where this throws, the file stays: the answer to a commit that went through may have been lost.
		// If it did not, nobody knows the file, and maintenance removes it.
		const stored = await this.database.transaction(async (tx) => {
			const row = await completeVideo(tx, attempt.lease, { ...made, expiresAt });
			if (!row) return undefined;
			await this.queue.complete(tx, attempt.queueClaim);
			await enqueueCallbackFor(tx, this.queue, row, this.callbackBody);
			return row;
		});
		if (stored) {
			this.log.info({ video: attempt.video.id, runMs: stored.run_ms }, 'Job completed');
			return;
		}
		// Somebody else took the job over or cancelled it: this result never was.
		await this.artifacts.remove(made.artifact.name);
		this.log.info({ video: attempt.video.id }, 'A result came too late and was thrown away');
	}

	async fail(attempt: Attempt, error: VideoError): Promise<void> {
		await this.database.transaction(async (tx) => {
			const row = await failVideo(tx, attempt.lease, error);
			if (!row) return;
			await this.queue.complete(tx, attempt.queueClaim);
			await enqueueCallbackFor(tx, this.queue, row, this.callbackBody);
		});
	}

	/** @param refund whether this attempt counts as if it had not been */
	async giveBack(attempt: Attempt, refund: boolean): Promise<void> {
		await this.database.transaction(async (tx) => {
			if (await releaseVideo(tx, attempt.lease, refund))
				await this.queue.giveBack(tx, attempt.queueClaim);
		});
	}
}
