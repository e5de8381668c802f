import type { ArtifactStore } from '../artifacts/store.ts';
import type { Database } from '../db/database.ts';
import type { VideoRequest } from '../engines/engine.ts';
import { cached } from '../lib/cached.ts';
import { artifactBytes } from '../store/videoFiles.ts';
import { ApiError } from './errors.ts';
import type { Limits } from './limits.ts';
import type { OpenJobs, Waiting } from './openJobs.ts';

const USAGE_FRESH_MS = 5000;
const QUEUE_FULL_RETRY_SECONDS = 30;
/** Nobody is refused for a count that is older. */
const RECOUNT_AFTER_MS = 50;
/** Where several keys share the queue, this part of it is for those with less than their share in it. */
const RESERVED_SHARE = 0.2;
const GB = 1024 ** 3;

/**
 * Whether one more job has room: in the queue, and for its file. The numbers are some seconds old where several
 * servers share a database, so that together they may take a few jobs more.
 */
export class Admission {
	readonly #usedBytes: () => Promise<number>;
	readonly #freeBytes: () => Promise<number | undefined>;

	constructor(
		database: Database,
		artifacts: ArtifactStore,
		private readonly openJobs: OpenJobs,
		private readonly limits: Limits,
		/** How many keys share the queue. */
		private readonly keys: number,
	) {
		this.#usedBytes = cached(() => artifactBytes(database), USAGE_FRESH_MS);
		this.#freeBytes = cached(() => artifacts.freeBytes(), USAGE_FRESH_MS);
	}

	/**
	 * Takes the room for one more job of this owner, or throws.
	 *
	 * @returns what must be told whether the job was stored
	 */
	async take(owner: string, request: VideoRequest): Promise<(stored: boolean) => void> {
		const expectedBytes = expectedBytesOf(request);
		const usedBytes = await this.#usedBytes();
		const freeBytes = await this.#freeBytes();
		const decide = (waiting: Waiting) => {
			this.#checkQueue(waiting);
			this.#checkDisk(usedBytes, freeBytes, waiting.expectedBytes, expectedBytes);
			return waiting.reserve(expectedBytes);
		};
		try {
			return await this.openJobs.waiting(owner, decide);
		} catch {
			// A job may have ended since the count.
			return await this.openJobs.waiting(owner, decide, RECOUNT_AFTER_MS);
		}
	}

	#checkQueue({ all, own }: { all: number; own: number }): void {
		const { maxQueued, maxQueuedPerKey } = this.limits;
		if (all >= maxQueued) throw queueFull(`${all} jobs are waiting`);
		if (own >= maxQueuedPerKey) throw queueFull(`${own} jobs of this key are waiting`);
		if (this.keys < 2) return;
		if (all >= maxQueued * (1 - RESERVED_SHARE) && own >= maxQueued / this.keys) {
			throw queueFull(
				`${own} jobs of this key are waiting, and the rest of the queue is kept for other keys`,
			);
		}
	}

	#checkDisk(
		usedBytes: number,
		freeBytes: number | undefined,
		waitingBytes: number,
		expectedBytes: number,
	): void {
		const { quotaBytes, minFreeBytes } = this.limits;
		if (usedBytes + waitingBytes + expectedBytes > quotaBytes) {
			throw new ApiError(
				507,
				'disk_full',
				`There is no room for another video: the videos take ${gigabytes(usedBytes)} GB, those that are waiting may take ${gigabytes(waitingBytes)} GB more, and ${gigabytes(quotaBytes)} GB are allowed. Delete old ones, or raise --quota-gb.`,
			);
		}
		if (freeBytes !== undefined && freeBytes < minFreeBytes + expectedBytes) {
			throw new ApiError(
				507,
				'disk_full',
				`There is no room for another video: ${gigabytes(freeBytes)} GB are free, and ${gigabytes(minFreeBytes)} GB are kept free. Make room, or lower --min-free-gb.`,
			);
		}
	}
}

/** Half a bit for each pixel of each frame, which few videos need. */
const expectedBytesOf = ({ width, height, num_frames: frames }: VideoRequest): number =>
	65_536 + Math.ceil((width * height * frames) / 16);

const gigabytes = (bytes: number): string => (bytes / GB).toFixed(1);

const queueFull = (what: string): ApiError =>
	new ApiError(
		429,
		'queue_full',
		`${what}, which is all that this server takes. Try again later.`,
		{ retryAfterSeconds: QUEUE_FULL_RETRY_SECONDS },
	);
