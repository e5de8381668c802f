/**
 * When to ask next: a pure function, tested with a virtual clock and measured in `bench/poll-schedule.ts`. Rarely while
 * the end is far, closely around it; where the provider gives no estimate, so that lateness stays in proportion to how
 * long the job takes.
 */

export interface ScheduleInput {
	/** Seconds since the job was submitted. */
	elapsedSeconds: number;
	/** Seconds until done, by the provider's newest estimate. 0: any moment. */
	etaSeconds?: number;
	/** 0–100 in the newest reply. */
	progress?: number;
	/** Questions in a row that came to nothing. */
	failures: number;
	/** The newest reply asked for this much patience. */
	retryAfterSeconds?: number;
	/** How long a job of this provider usually takes. */
	typicalSeconds: number;
	/** Ask at least this often; a minute where nothing else is said. */
	longestSeconds?: number;
}

const SHORTEST_SECONDS = 1;
const LONGEST_SECONDS = 60;
/** Near the expected end, and beyond it, a question waits this share of what has passed: half of it is the lateness. */
const NEAR_SHARE = 0.06;
/** The same where nothing is told, and so many more questions are asked. */
const BLIND_SHARE = 0.09;
/** Estimates err: a question comes at this share of the time that is left, so that an early end is not found late. */
const CAUTION = 0.75;
/** Nobody is to be asked for more patience than this at a time; a timer could not hold it for ever either. */
const LONGEST_RETRY_AFTER_SECONDS = 24 * 3600;
/** Without any estimate, jobs much shorter than usual are not looked for before this share of the usual time. */
const EARLIEST_SHARE = 0.4;

/** Seconds until the next question: never less than one, whatever the input. */
export function nextPollSeconds(input: ScheduleInput): number {
	const left = expectedSecondsLeft(input);
	const near = input.elapsedSeconds * (left === undefined ? BLIND_SHARE : NEAR_SHARE);
	const own = left === undefined ? near : Math.max(left * CAUTION, near);
	// A service in trouble is given time: eight failures in a row last minutes, not seconds.
	const shortest = SHORTEST_SECONDS * 2 ** input.failures;
	const longest = input.longestSeconds ?? LONGEST_SECONDS;
	const bounded = Math.min(Math.max(own, shortest), longest);
	const asked = Math.min(input.retryAfterSeconds ?? 0, LONGEST_RETRY_AFTER_SECONDS);
	// A time that is no number would let the questions come as fast as they can.
	return round(Math.max(Number.isNaN(bounded) ? longest : bounded, asked || 0));
}

/** By the best source there is: the provider's estimate, its progress, then what is usual. */
export function expectedSecondsLeft(input: ScheduleInput): number | undefined {
	const { etaSeconds, progress, elapsedSeconds, typicalSeconds } = input;
	if (etaSeconds !== undefined) return etaSeconds;
	if (progress !== undefined && progress >= 5 && progress < 100 && elapsedSeconds > 0) {
		return (elapsedSeconds * (100 - progress)) / progress;
	}
	const untilEarliest = typicalSeconds * EARLIEST_SHARE - elapsedSeconds;
	return untilEarliest > 0 ? untilEarliest / CAUTION : undefined;
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
