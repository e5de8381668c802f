import { enqueueCallbackFor } from '../callbacks/enqueue.ts';
import type { CallbackContext } from '../callbacks/bodies.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Database } from '../db/database.ts';
import type { Log } from '../lib/log.ts';
import type { Queue } from '../queue/queue.ts';
import { SCHEMA } from '../queue/queue.ts';
import { toVideo } from '../store/video.ts';
import type { VideoError } from '../store/video.ts';
import { deleteFinishedBefore, expireVideos, markExpired } from '../store/videos.ts';

const LOST_LOOK_MS = 5000;
const SWEEP_EVERY_MS = 60_000;
const EXPIRE_AT_ONCE = 100;
/** A file younger than this may belong to a job that is just being finished. */
const ORPHAN_AGE_MS = 24 * 3600 * 1000;

const LOST: VideoError = {
	code: 'worker_lost',
	message: 'The process that ran the job was lost, as often as a job is tried.',
	remedy: 'Look into the log of the machine, then run the job again.',
};

/** Regular work that any server may do: lost jobs, expired files, old records. */
export class Caretaker {
	readonly #timers: NodeJS.Timeout[] = [];
	readonly #running = new Set<Promise<void>>();

	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly artifacts: ArtifactStore,
		private readonly callbacks: CallbackContext,
		private readonly historySeconds: number,
		private readonly log: Log,
	) {}

	start(): void {
		this.#every(LOST_LOOK_MS, () => this.failLost());
		this.#every(SWEEP_EVERY_MS, () => this.sweep());
	}

	async stop(): Promise<void> {
		for (const timer of this.#timers) clearInterval(timer);
		await Promise.all(this.#running);
	}

	/** Jobs whose queue entry was given up, or is gone, will not be run by anybody any more. */
	async failLost(): Promise<void> {
		const lost = await this.database.query<{ id: string }>(
			`SELECT v.id FROM gpu_local.videos v
			LEFT JOIN ${SCHEMA}.job j ON j.id = v.id AND j.name = v.queue
			WHERE v.status IN ('queued', 'running') AND v.created_at < now() - interval '5 seconds'
				AND (j.id IS NULL OR j.state IN ('failed', 'cancelled', 'completed'))`,
		);
		for (const { id } of lost) {
			await this.database.transaction(async (tx) => {
				const [row] = await tx.query<Record<string, unknown>>(
					`UPDATE gpu_local.videos SET status = 'failed', stage = NULL, error = $2,
						finished_at = clock_timestamp(), updated_at = clock_timestamp()
					WHERE id = $1 AND status IN ('queued', 'running') RETURNING *`,
					[id, JSON.stringify(LOST)],
				);
				if (row) await enqueueCallbackFor(tx, this.queue, toVideo(row), this.callbacks);
			});
			this.log.warn({ video: id }, 'A job whose process was lost is given up');
		}
	}

	/** Removes files whose time is up, files that no job refers to, and old records. */
	async sweep(nowMs = Date.now()): Promise<void> {
		for (const video of await expireVideos(this.database, EXPIRE_AT_ONCE)) {
			if (video.artifact) await this.artifacts.remove(video.artifact.name);
			await markExpired(this.database, video.id);
		}
		await deleteFinishedBefore(this.database, new Date(nowMs - this.historySeconds * 1000));
		for await (const { name, modifiedMs } of this.artifacts.list()) {
			if (nowMs - modifiedMs < ORPHAN_AGE_MS) continue;
			const [owner] = await this.database.query(
				`SELECT 1 FROM gpu_local.videos WHERE artifact->>'name' = $1`,
				[name],
			);
			if (!owner) await this.artifacts.remove(name);
		}
	}

	#every(milliseconds: number, work: () => Promise<void>): void {
		let busy = false;
		this.#timers.push(
			setInterval(() => {
				if (busy) return;
				busy = true;
				const run = work()
					.catch((error: unknown) => this.log.warn({ err: error }, 'Regular work failed'))
					.finally(() => {
						busy = false;
						this.#running.delete(run);
					});
				this.#running.add(run);
			}, milliseconds),
		);
	}
}
