import { createHash } from 'node:crypto';
import type { Database } from '../db/database.ts';
import type { VideoRow } from '../store/video.ts';
import { releaseCancelledKey, videoByIdempotencyKey } from '../store/videos.ts';
import { ApiError } from './errors.ts';

/** A request as its key knows it. */
export interface KeyedRequest {
	owner: string;
	/** Without one every request is a new one. */
	idempotencyKey?: string;
	requestHash: string;
}

/** Which requests are the same one, sent again. */
export class IdempotencyKeys {
	readonly #running = new Map<string, Promise<void>>();

	constructor(private readonly database: Database) {}

	/**
	 * The job that was made with this key. Who cancelled a job and sends its request again wants a new one: the old one
	 * can never give a video. Throws where the key was used for another request.
	 */
	async jobOf({ owner, idempotencyKey, requestHash }: KeyedRequest): Promise<VideoRow | undefined> {
		if (idempotencyKey === undefined) return undefined;
		const stored = await videoByIdempotencyKey(this.database, owner, idempotencyKey);
		if (!stored) return undefined;
		if (stored.request_hash !== requestHash) {
			throw new ApiError(
				409,
				'conflict',
				`The idempotency key was used before for another request, the job ${stored.id}. Use a new key for a new request.`,
			);
		}
		if (stored.status !== 'cancelled') return stored;
		await releaseCancelledKey(this.database, stored.id);
		return undefined;
	}

	/** Runs `work` when all earlier work of the same key has ended, however it did. */
	async oneAfterAnother<T>(
		{ owner, idempotencyKey }: Pick<KeyedRequest, 'owner' | 'idempotencyKey'>,
		work: () => Promise<T>,
	): Promise<T> {
		if (idempotencyKey === undefined) return await work();
		const key = `${owner} ${idempotencyKey}`;
		const before = this.#running.get(key) ?? Promise.resolve();
		const run = before.then(work);
		const settled = run.then(
			() => undefined,
			() => undefined,
		);
		this.#running.set(key, settled);
		try {
			return await run;
		} finally {
			if (this.#running.get(key) === settled) this.#running.delete(key);
		}
	}
}

/** The same for equal values, whatever the order of their members. */
export function hashOf(value: unknown): string {
	const sorted = (_key: string, inner: unknown): unknown =>
		inner !== null && typeof inner === 'object' && !Array.isArray(inner)
			? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
			: inner;
	return createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex');
}
