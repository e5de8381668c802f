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
	/** What finished jobs of the kind took, in ascending order. */
	learnedSeconds?: readonly number[];
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

/** A learned kind is left alone for longer: it is known when it ends. A change of the provider's costs no more than this. */
const LONGEST_LEARNED_SECONDS = 900;
/** Where the end is known by experience, a video may be found this late, in seconds or as a share of what is usual. */
const LATE_SECONDS = 2;
const LATE_SHARE = 0.04;
/** From the first question to the usual end there are at most this many more. */
const STEPS_TO_USUAL = 4;
/** An estimate that is this much off what was learned knows of something new: a queue, a longer video. */
const FAR_OFF = 2;

/** Seconds until the next question: never less than one, whatever the input. */
export function nextPollSeconds(input: ScheduleInput): number {
	const learned = learnedPause(input);
	const left = expectedSecondsLeft(input);
	const near = input.elapsedSeconds * (left === undefined ? BLIND_SHARE : NEAR_SHARE);
	const own = learned ?? (left === undefined ? near : Math.max(left * CAUTION, near));
	// A service in trouble is given time: eight failures in a row last minutes, not seconds.
	const shortest = SHORTEST_SECONDS * 2 ** input.failures;
	const longest =
		input.longestSeconds ?? (learned === undefined ? LONGEST_SECONDS : LONGEST_LEARNED_SECONDS);
	const bounded = Math.min(Math.max(own, shortest), longest);
	const asked = Math.min(input.retryAfterSeconds ?? 0, LONGEST_RETRY_AFTER_SECONDS);
	// A time that is no number would let the questions come as fast as they can.
	return round(Math.max(Number.isNaN(bounded) ? longest : bounded, asked || 0));
}

/** By the best source there is: the provider's estimate, its progress, what was learned, then what is usual. */
export function expectedSecondsLeft(input: ScheduleInput): number | undefined {
	const { elapsedSeconds, typicalSeconds, learnedSeconds: learned } = input;
	const told = toldSecondsLeft(input);
	if (told !== undefined) return told;
	if (learned && learned.length > 0) {
		const untilUsual = quantile(learned, 0.5) - elapsedSeconds;
		return untilUsual > 0 ? untilUsual : undefined;
	}
	const untilEarliest = typicalSeconds * EARLIEST_SHARE - elapsedSeconds;
	return untilEarliest > 0 ? untilEarliest / CAUTION : undefined;
}

function toldSecondsLeft(input: ScheduleInput): number | undefined {
	const { etaSeconds, progress, elapsedSeconds } = input;
	if (etaSeconds !== undefined) return etaSeconds;
	if (progress !== undefined && progress >= 5 && progress < 100 && elapsedSeconds > 0) {
		return (elapsedSeconds * (100 - progress)) / progress;
	}
	return undefined;
}

/**
 * The first question comes when the earliest tenth of such jobs is over, the others in even steps until nearly all are;
 * what takes longer than any did before is asked for as if nothing were known of it.
 *
 * @returns undefined where nothing was learned, or where the provider tells of an end that is far from it
 */
function learnedPause(input: ScheduleInput): number | undefined {
	const { learnedSeconds: learned, elapsedSeconds } = input;
	if (!learned || learned.length === 0) return undefined;
	const [early, usual, late] = [0.1, 0.5, 0.9].map((share) => quantile(learned, share)) as [
		number,
		number,
		number,
	];
	const told = toldSecondsLeft(input);
	// One that has run out says nothing: it was wrong.
	if (told !== undefined && told > 0) {
		const end = elapsedSeconds + told;
		if (end > late * FAR_OFF || end * FAR_OFF < early) return undefined;
	}
	const allowed = Math.max(usual * LATE_SHARE, LATE_SECONDS);
	const first = early + allowed / 2;
	if (elapsedSeconds < first) return first - elapsedSeconds;
	const step = Math.max(1.5 * allowed, (usual - early) / STEPS_TO_USUAL);
	if (elapsedSeconds >= late + step) return undefined;
	return told !== undefined && told > 0 ? Math.min(Math.max(told, allowed), step) : step;
}

/** @param sorted in ascending order, not empty */
function quantile(sorted: readonly number[], share: number): number {
	const at = (sorted.length - 1) * share;
	const below = sorted[Math.floor(at)] as number;
	const above = sorted[Math.ceil(at)] as number;
	return below + (above - below) * (at - Math.floor(at));
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
