/** How many a minute. */
import type { Provider } from '../providers/contract';
import type { Account, Clock } from './host';

const MINUTE_MS = 60_000;

/** Waits until one more request may start. Rejects at once with the signal's reason. */
export type RateLimit = (signal?: AbortSignal) => Promise<void>;

/** One for all runs and nodes of this process that use the same service. */
const rateLimits = new Map<string, RateLimit>();

/** @param clock the host's; that of the first call is used for all */
export function rateLimitOf(provider: Provider, { baseUrl }: Account, clock: Clock): RateLimit {
	const key = `${provider.id} ${baseUrl}`;
	let known = rateLimits.get(key);
	if (!known) {
		known = createRateLimit(provider.limits.requestsPerMinute, clock);
		rateLimits.set(key, known);
	}
	return known;
}

/**
 * Keeps a documented requests-per-minute limit by waiting instead of by failing: no more than that many starts lie
 * in any 60 seconds.
 */
export function createRateLimit(requestsPerMinute: number | undefined, clock: Clock): RateLimit {
	const starts: number[] = [];
	let turn: Promise<void> = Promise.resolve();
	return async function waitForTurn(signal?: AbortSignal): Promise<void> {
		if (requestsPerMinute === undefined) return;
		const mine = turn.then(async () => {
			const oldest = starts.length >= requestsPerMinute ? starts[0] : undefined;
			const waitMs = oldest === undefined ? 0 : oldest + MINUTE_MS - clock.now();
			// A clock that was set back must not hold everybody for as long.
			if (waitMs > 0) await clock.sleep(Math.min(waitMs, MINUTE_MS), signal);
			signal?.throwIfAborted();
			if (oldest !== undefined) starts.shift();
			starts.push(clock.now());
		});
		// One that was stopped must not stop those behind it.
		turn = mine.catch(() => undefined);
		await orAborted(mine, signal);
	};
}

/** What was waited for, or the signal's reason at once. Who waits in line is not to wait to be told to go. */
async function orAborted(waited: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
	if (!signal) return await waited;
	let leave = () => {};
	const aborted = new Promise<never>((_resolve, reject) => {
		leave = () => reject(signal.reason as Error);
		if (signal.aborted) leave();
		signal.addEventListener('abort', leave, { once: true });
	});
	try {
		await Promise.race([waited, aborted]);
	} finally {
		signal.removeEventListener('abort', leave);
	}
}
