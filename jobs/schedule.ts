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
	/** How far off the end was by that estimate when it was told: it errs by a share of this, however long ago that is. */
	toldSeconds?: number;
	/** 0–100 in the newest reply. */
	progress?: number;
	/** Questions in a row that came to nothing. */
	failures: number;
	/** The provider's replies to questions tell how far a job is. */
	tellsProgress?: boolean;
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
/** Of an estimate that no reply will mend: a look on the way would find nothing out. */
const LONGEST_TOLD_ONCE_SECONDS = 120;
/** Near the expected end, and beyond it, a question waits this share of what has passed: half of it is the lateness. */
const NEAR_SHARE = 0.05;
/** The same where nothing is told, and so many more questions are asked. */
const BLIND_SHARE = 0.09;
/** Estimates err: a question comes at this share of what was told, so that an early end is not found late. */
const CAUTION = 0.85;
/** Jobs do not go on evenly: what a share of progress comes to errs more, and so does the usual time. */
const ROUGH_CAUTION = 0.75;
/** Nobody is to be asked for more patience than this at a time; a timer could not hold it for ever either. */
const LONGEST_RETRY_AFTER_SECONDS = 24 * 3600;
/** Without any estimate, jobs much shorter than usual are not looked for before this share of the usual time. */
const EARLIEST_SHARE = 0.4;
/** Sooner where the reply to a question tells what the one to the submit did not. */
const FIRST_LOOK_SHARE = 0.2;

/** A learned kind is left alone for longer: it is known when it ends. A change of the provider's costs no more than this. */
const LONGEST_LEARNED_SECONDS = 900;
/** Where the end is known by experience, a video may be found this late, in seconds or as a share of what is usual. */
const LATE_SECONDS = 2;
const LATE_SHARE = 0.04;
/** A step of the questions around the usual end, in what a video may be late: half of it is the lateness. */
const LEARNED_STEP = 1.3;
/** From the first question to the usual end there are at most this many more. */
const STEPS_TO_USUAL = 9;
/** Between these, in standard deviations from the usual end, jobs of a kind are looked for: the middle half and a bit more. */
const EARLY_DEVIATION = -0.67;
const LATE_DEVIATION = 1.5;
/** One job of a kind that took a hundred times as long is not what is usual: no more than half or twice of it counts. */
const ODD_FACTOR = 2;
/** An estimate is the newest reply's as long as this much of it is left. */
const FRESH_SHARE = 0.9;
/** An estimate that is this much off what was learned knows of something new: a queue, a longer video. */
const FAR_OFF = 2;

/** Seconds until the next question: never less than one, whatever the input. */
export function nextPollSeconds(input: ScheduleInput): number {
	const learned = learnedPause(input);
	const own = learned ?? Math.max(untilEarliestEnd(input), nearPause(input));
	// A service in trouble is given time: eight failures in a row last minutes, not seconds.
	const shortest = SHORTEST_SECONDS * 2 ** input.failures;
	const longest =
		input.longestSeconds ?? (learned === undefined ? longestOwn(input) : LONGEST_LEARNED_SECONDS);
	const bounded = Math.min(Math.max(own, shortest), longest);
	const asked = Math.min(input.retryAfterSeconds ?? 0, LONGEST_RETRY_AFTER_SECONDS);
	// A time that is no number would let the questions come as fast as they can.
	return round(Math.max(Number.isNaN(bounded) ? longest : bounded, asked || 0));
}

const longestOwn = ({ etaSeconds, tellsProgress }: ScheduleInput): number =>
	etaSeconds === undefined || tellsProgress ? LONGEST_SECONDS : LONGEST_TOLD_ONCE_SECONDS;

const nearPause = (input: ScheduleInput): number =>
	input.elapsedSeconds * (expectedSecondsLeft(input) === undefined ? BLIND_SHARE : NEAR_SHARE);

/** Until the earliest end that is likely by what is told, or by what is usual. 0 and less: it may be over at any moment. */
function untilEarliestEnd(input: ScheduleInput): number {
	const { etaSeconds, toldSeconds, elapsedSeconds, typicalSeconds, tellsProgress } = input;
	const left = expectedSecondsLeft(input);
	if (left === undefined) return 0;
	if (etaSeconds !== undefined) {
		return left - Math.max(toldSeconds ?? left, left) * (1 - CAUTION);
	}
	const look = typicalSeconds * FIRST_LOOK_SHARE - elapsedSeconds;
	const isTold = toldSecondsLeft(input) !== undefined;
	return tellsProgress && !isTold && look > 0 ? look : left * ROUGH_CAUTION;
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
	return untilEarliest > 0 ? untilEarliest / ROUGH_CAUTION : undefined;
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
 * The first question comes when the earliest quarter of such jobs is over, the others in even steps until nearly all are;
 * what takes longer is asked for as if nothing were known of it.
 *
 * @returns undefined where nothing was learned, or where the provider tells of an end that is far from it
 */
function learnedPause(input: ScheduleInput): number | undefined {
	const { learnedSeconds: learned, elapsedSeconds, toldSeconds } = input;
	if (!learned || learned.length === 0) return undefined;
	const { early, usual, late } = spreadOf(learned);
	const told = toldSecondsLeft(input) ?? 0;
	// One that has run out says nothing: it was wrong.
	if (told > 0) {
		const end = elapsedSeconds + told;
		if (end > late * FAR_OFF || end * FAR_OFF < early) return undefined;
	}
	const allowed = Math.max(usual * LATE_SHARE, LATE_SECONDS);
	const first = early + allowed / 2;
	if (elapsedSeconds < first) return first - elapsedSeconds;
	// What the newest reply tells is nearer the truth than any earlier job; what one tells for good is not.
	if (told > 0 && told >= (toldSeconds ?? told) * FRESH_SHARE) {
		return Math.max(told * ROUGH_CAUTION, allowed);
	}
	const step = Math.max(LEARNED_STEP * allowed, (usual - early) / STEPS_TO_USUAL);
	return elapsedSeconds < late + step ? step : undefined;
}

/** Ten jobs say little of where a tenth of all lies, but enough of the middle and of how far they lie around it. */
function spreadOf(learned: readonly number[]): { early: number; usual: number; late: number } {
	const middle = quantile(learned, 0.5);
	const logs = learned.map((seconds) =>
		Math.log(Math.min(Math.max(seconds, middle / ODD_FACTOR), middle * ODD_FACTOR)),
	);
	const mean = sum(logs) / logs.length;
	const variance = sum(logs.map((log) => (log - mean) ** 2)) / Math.max(1, logs.length - 1);
	const at = (deviations: number) => Math.exp(mean + deviations * Math.sqrt(variance));
	return { early: at(EARLY_DEVIATION), usual: at(0), late: at(LATE_DEVIATION) };
}

const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0);

/** @param sorted in ascending order, not empty */
function quantile(sorted: readonly number[], share: number): number {
	const at = (sorted.length - 1) * share;
	const below = sorted[Math.floor(at)] as number;
	const above = sorted[Math.ceil(at)] as number;
	return below + (above - below) * (at - Math.floor(at));
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
