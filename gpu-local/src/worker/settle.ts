import type { ArtifactStore } from '../artifacts/store.ts';
import type { CallbackContext } from '../callbacks/bodies.ts';
import { enqueueCallbackFor } from '../callbacks/enqueue.ts';
import type { Database } from '../db/database.ts';
import type { Log } from '../lib/log.ts';
import type { Queue } from '../queue/queue.ts';
import type { VideoError } from '../store/video.ts';
import { completeVideo, failVideo, releaseVideo } from '../store/videos.ts';
import type { Run } from './attempt.ts';
import type { Made } from './makeVideo.ts';

/** How a run ends: the job's row, its queue entry and the callback about it change together. */
export class Endings {
	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly artifacts: ArtifactStore,
		private readonly callbacks: CallbackContext,
		/** How long a finished video is kept. */
		private readonly keepSeconds: number,
		private readonly log: Log,
	) {}

	async complete(run: Run, made: Made): Promise<void> {
		const expiresAt = new Date(Date.now() + this.keepSeconds * 1000);
		// Where this throws, the file stays: the answer to a commit that went through may have been lost.
		// If it did not, nobody knows the file, and the caretaker removes it.
		const stored = await this.database.transaction(async (tx) => {
			const row = await completeVideo(tx, run.fence, { ...made, expiresAt });
			if (!row) return undefined;
			await this.queue.complete(tx, run.claim);
			await enqueueCallbackFor(tx, this.queue, row, this.callbacks);
			return row;
		});
		if (stored) {
			this.log.info({ video: run.video.id, runMs: stored.run_ms }, 'Job completed');
			return;
		}
		// Somebody else took the job over or cancelled it: this result never was.
		await this.artifacts.remove(made.artifact.name);
		this.log.info({ video: run.video.id }, 'A result came too late and was thrown away');
	}

	async fail(run: Run, error: VideoError): Promise<void> {
		await this.database.transaction(async (tx) => {
			const row = await failVideo(tx, run.fence, error);
			if (!row) return;
			await this.queue.complete(tx, run.claim);
			await enqueueCallbackFor(tx, this.queue, row, this.callbacks);
		});
	}

	/** @param refund whether this attempt counts as if it had not been */
	async giveBack(run: Run, refund: boolean): Promise<void> {
		await this.database.transaction(async (tx) => {
			if (await releaseVideo(tx, run.fence, refund)) await this.queue.giveBack(tx, run.claim);
		});
	}
}
