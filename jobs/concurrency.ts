/** How many at once, and how many a minute. */
import type { Clock } from './host';

const MINUTE_MS = 60_000;

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

/** Lets at most `parallel` tasks run at the same time; the others wait in order. */
export function createConcurrencyLimit(parallel: number) {
	let running = 0;
	const waiting: Array<() => void> = [];
	/** One that is stopped leaves the line at once; one that has started is its own to stop. */
	const turn = (signal: AbortSignal | undefined): Promise<void> =>
		new Promise((resolve, reject) => {
			const leave = () => {
				waiting.splice(waiting.indexOf(enter), 1);
				reject(signal?.reason);
			};
			const enter = () => {
				signal?.removeEventListener('abort', leave);
				resolve();
			};
			if (signal?.aborted) return reject(signal.reason);
			waiting.push(enter);
			signal?.addEventListener('abort', leave, { once: true });
		});
	return async function pass<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
		if (running >= parallel) await turn(signal);
		else running += 1;
		try {
			return await task();
		} finally {
			const next = waiting.shift();
			// The place is handed on, not freed and taken again: nobody can slip in between.
			if (next) next();
			else running -= 1;
		}
	};
}

/**
 * Keeps a documented requests-per-minute limit by waiting instead of by failing: no more than that many starts lie
 * in any 60 seconds.
 */
export function createRateLimit(requestsPerMinute: number | undefined, clock: Clock) {
	const starts: number[] = [];
	let turn: Promise<void> = Promise.resolve();
	return async function pace(signal?: AbortSignal): Promise<void> {
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
