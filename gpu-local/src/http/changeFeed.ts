import type { Database } from '../db/database.ts';
import type { Log } from '../lib/log.ts';
import type { VideoRow } from '../store/video.ts';
import { changedSince } from '../store/videos.ts';

const LOOK_EVERY_MS = 400;
const AT_MOST = 500;
/** Transactions that commit later than they began: looked back for, and sent once. */
const LOOK_BACK_MS = 2000;

/**
 * Changes of jobs, wherever they happen: one look at the database for all who listen, and none while
 * nobody does.
 */
export class ChangeFeed {
	readonly #listeners = new Map<(video: VideoRow) => void, () => void>();
	#timer: NodeJS.Timeout | undefined;
	#since = new Date(0);
	#seen = new Map<string, number>();

	constructor(
		private readonly database: Database,
		private readonly log: Log,
	) {}

	/** @param onEnd called when the server stops */
	subscribe(listener: (video: VideoRow) => void, onEnd: () => void): () => void {
		this.#listeners.set(listener, onEnd);
		if (this.#listeners.size === 1) {
			this.#since = new Date(Date.now() - LOOK_BACK_MS);
			this.#seen = new Map();
			this.#schedule();
		}
		return () => {
			this.#listeners.delete(listener);
		};
	}

	stop(): void {
		clearTimeout(this.#timer);
		for (const onEnd of [...this.#listeners.values()]) onEnd();
		this.#listeners.clear();
	}

	#schedule(): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => {
			this.#look()
				.catch((error: unknown) => this.log.warn({ err: error }, 'Changes could not be read'))
				.finally(() => {
					if (this.#listeners.size > 0) this.#schedule();
				});
		}, LOOK_EVERY_MS);
	}

	async #look(): Promise<void> {
		const changed = await changedSince(this.database, this.#since, AT_MOST);
		for (const video of changed) {
			const atMs = video.updated_at.getTime();
			if (this.#seen.get(video.id) === atMs) continue;
			this.#seen.set(video.id, atMs);
			for (const listener of [...this.#listeners.keys()]) listener(video);
		}
		const last = changed.at(-1);
		if (!last) return;
		// A full page moves on to its end; otherwise the last moments are looked at again.
		const backMs = changed.length === AT_MOST ? 0 : LOOK_BACK_MS;
		this.#since = new Date(Math.max(this.#since.getTime(), last.updated_at.getTime() - backMs));
		if (this.#seen.size > 10 * AT_MOST) {
			this.#seen = new Map([...this.#seen].filter(([, ms]) => ms > this.#since.getTime()));
		}
	}
}
