import type { ArtifactStore } from '../artifacts/store.ts';
import type { Database, Sql } from '../db/database.ts';
import { countQueued, lockAdmission } from '../store/statistics.ts';
import { artifactBytes } from '../store/videos.ts';
import { cached } from '../lib/cached.ts';
import { ApiError } from './errors.ts';
import type { Limits } from './limits.ts';

const USAGE_FRESH_MS = 2000;
/** Room that a finished video is expected to need at most. */
const EXPECTED_VIDEO_BYTES = 64 * 1024 * 1024;
const QUEUE_FULL_RETRY_SECONDS = 30;

export interface DiskUse {
	/** By all videos. */
	usedBytes: number;
	/** Undefined where nobody can tell. */
	freeBytes: number | undefined;
}

/** Whether one more job has room: in the queue, and for its file. */
export class Admission {
	readonly #usedBytes: () => Promise<number>;
	readonly #freeBytes: () => Promise<number | undefined>;

	constructor(
		database: Database,
		artifacts: ArtifactStore,
		private readonly limits: Limits,
	) {
		this.#usedBytes = cached(() => artifactBytes(database), USAGE_FRESH_MS);
		this.#freeBytes = cached(() => artifacts.freeBytes(), USAGE_FRESH_MS);
	}

	/** Asked before the transaction, which holds the only connection of the built-in database. */
	async disk(): Promise<DiskUse> {
		return { usedBytes: await this.#usedBytes(), freeBytes: await this.#freeBytes() };
	}

	/** Until the transaction ends nobody else stores a job: many at once count each other too. */
	async takeTurn(tx: Sql): Promise<void> {
		await lockAdmission(tx);
	}

	/** Throws where the job that was just stored is one too many. */
	async check(tx: Sql, owner: string, { usedBytes, freeBytes }: DiskUse): Promise<void> {
		const { limits } = this;
		const all = await countQueued(tx);
		if (all > limits.maxQueued) throw queueFull(`${all - 1} jobs are waiting`);
		const mine = await countQueued(tx, owner);
		if (mine > limits.maxQueuedPerKey) {
			throw queueFull(`${mine - 1} jobs of this key are waiting`);
		}
		const needed = all * EXPECTED_VIDEO_BYTES;
		if (
			usedBytes + needed > limits.quotaBytes ||
			(freeBytes !== undefined && freeBytes < limits.minFreeBytes + EXPECTED_VIDEO_BYTES)
		) {
			throw new ApiError(
				507,
				'disk_full',
				'There is no room for another video. Delete old ones, or give the server more room (--quota-gb, --min-free-gb).',
			);
		}
	}
}

const queueFull = (what: string): ApiError =>
	new ApiError(
		429,
		'queue_full',
		`${what}, which is all that this server takes. Try again later.`,
		{ retryAfterSeconds: QUEUE_FULL_RETRY_SECONDS },
	);
