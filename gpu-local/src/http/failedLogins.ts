import type { FastifyBaseLogger } from 'fastify';
import { ApiError } from '../videos/errors.ts';

/** So many wrong keys of one address are answered at once: people mistype. */
const FREE = 5;
/** After that, one answer a second for each address. */
const PAUSE_MS = 1000;
/** Who has so many answers waiting gets no more. */
const MOST_WAITING = 10;
const FORGET_AFTER_MS = 10 * 60_000;
const MOST_ADDRESSES = 10_000;

interface Failures {
	count: number;
	/** When its next answer may go out. */
	nextMs: number;
	lastMs: number;
}

/** Wrong keys: each is logged, and an address that sends many is answered slowly. Right keys never wait. */
export class FailedLogins {
	readonly #byAddress = new Map<string, Failures>();

	constructor(
		private readonly now: () => number,
		private readonly sleep: (ms: number) => Promise<void>,
		/** Called for each. */
		private readonly count: () => void,
	) {}

	/** Resolves when the refusal may be sent. */
	async note(address: string, log: FastifyBaseLogger): Promise<void> {
		this.count();
		const failures = this.#failuresOf(address);
		failures.count++;
		log.warn({ address, failures: failures.count }, 'A wrong API key was refused');
		const waitMs = this.#waitMs(failures);
		if (waitMs > MOST_WAITING * PAUSE_MS) {
			const seconds = Math.ceil(waitMs / 1000);
			throw new ApiError(
				429,
				'too_many_requests',
				`Too many wrong API keys came from ${address}. Wait ${seconds} seconds, then try again with the right one.`,
				{ retryAfterSeconds: seconds },
			);
		}
		if (waitMs === 0) return;
		failures.nextMs = this.now() + waitMs;
		await this.sleep(waitMs);
	}

	#waitMs({ count, nextMs }: Failures): number {
		return count <= FREE ? 0 : Math.max(0, nextMs - this.now()) + PAUSE_MS;
	}

	#failuresOf(address: string): Failures {
		const nowMs = this.now();
		const known = this.#byAddress.get(address);
		// Put last: the first of the map has been silent for longest.
		this.#byAddress.delete(address);
		const failures =
			known && nowMs - known.lastMs < FORGET_AFTER_MS
				? known
				: { count: 0, nextMs: 0, lastMs: nowMs };
		failures.lastMs = nowMs;
		this.#byAddress.set(address, failures);
		if (this.#byAddress.size > MOST_ADDRESSES) {
			this.#byAddress.delete(this.#byAddress.keys().next().value!);
		}
		return failures;
	}
}
