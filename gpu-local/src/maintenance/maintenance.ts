import { randomUUID } from 'node:crypto';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Database } from '../db/database.ts';
import type { Log } from '../lib/log.ts';
import { announceCallbacks, insertDelivery } from '../store/deliveries.ts';
import { forgetLooseFile, looseFiles } from '../store/looseFiles.ts';
import { filesOf } from '../store/video.ts';
import type { VideoError } from '../store/video.ts';
import { failOpenVideo, lostVideos } from '../store/leases.ts';
import { expireVideos, markExpired } from '../store/videoFiles.ts';
import { deleteFinishedBefore } from '../store/videos.ts';

/** With the built-in database, whose one process puts back at its start what it left, it is rare. */
const LOST_LOOK_MS = { postgres: 5000, pglite: 60_000 };
const SWEEP_EVERY_MS = 60_000;
/** Each takes a second of the database of ten thousand jobs at most. */
const VACUUM_EVERY_MS = 3600_000;
const AT_ONCE = 100;

const LOST: VideoError = {
	code: 'worker_lost',
	message: 'The process that ran the job was lost, as often as a job is tried.',
	remedy: 'Look into the log of the machine, then run the job again.',
};

/** Regular work that any server may do: lost jobs, expired files, old records. */
export class Maintenance {
	readonly #timers: NodeJS.Timeout[] = [];
	readonly #running = new Set<Promise<void>>();

	constructor(
		private readonly database: Database,
		private readonly artifacts: ArtifactStore,
		private readonly historySeconds: number,
		private readonly log: Log,
	) {}

	start(): void {
		this.#every(LOST_LOOK_MS[this.database.kind], () => this.failLost());
		this.#every(SWEEP_EVERY_MS, () => this.sweep());
		const { vacuum } = this.database;
		if (vacuum) this.#every(VACUUM_EVERY_MS, vacuum);
	}

	async stop(): Promise<void> {
		for (const timer of this.#timers) clearInterval(timer);
		await Promise.all(this.#running);
	}

	/** Jobs whose queue entry was given up, or is gone, will not be run by anybody any more. */
	async failLost(): Promise<void> {
		for (const id of await lostVideos(this.database)) {
			await this.database.batch([failOpenVideo(id, LOST), insertDelivery(randomUUID(), id)]);
			announceCallbacks(this.database);
			this.log.warn({ video: id }, 'A job whose process was lost is given up');
		}
	}

	/** Removes files whose time is up, files that no job has, and old records. */
	async sweep(nowMs = Date.now()): Promise<void> {
		for (const video of await expireVideos(this.database, AT_ONCE)) {
			for (const name of video.artifact ? filesOf(video.artifact) : []) {
				await this.artifacts.remove(name);
			}
			await markExpired(this.database, video.id);
		}
		await deleteFinishedBefore(this.database, new Date(nowMs - this.historySeconds * 1000));
		for (const name of await looseFiles(this.database, new Date(nowMs), AT_ONCE)) {
			await this.artifacts.remove(name);
			await forgetLooseFile(this.database, name);
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
