/** When to ask next: a pure function, tested with a virtual clock and measured in `bench/`. */

export interface ScheduleInput {
	/** Seconds since the job was submitted. */
	elapsedSeconds: number;
	/** Seconds until done, as the provider said in the newest reply. */
	etaSeconds?: number;
	/** 0–100 in the newest reply. */
	progress?: number;
	/** Asked so far. */
	attempts: number;
	/** The newest reply asked for this much patience. */
	retryAfterSeconds?: number;
	/** How long a job of this provider usually takes. */
	typicalSeconds: number;
}

const SHORTEST_SECONDS = 1;
const LONGEST_SECONDS = 60;
/** Beyond the expected end the next question waits this share of what has passed, so lateness stays in proportion. */
const LATENESS_SHARE = 0.08;
/** Estimates err: the first question comes at this share of the time that the estimate still gives. */
const CAUTION = 0.85;

/** Seconds until the next question. */
export function nextPollSeconds(input: ScheduleInput): number {
	const own = ownPace(input);
	const bounded = Math.min(Math.max(own, SHORTEST_SECONDS), LONGEST_SECONDS);
	return round(Math.max(bounded, input.retryAfterSeconds ?? 0));
}

function ownPace(input: ScheduleInput): number {
	const near = input.elapsedSeconds * LATENESS_SHARE;
	const remaining = remainingSeconds(input);
	return remaining === undefined ? near : Math.max(remaining * CAUTION, near);
}

/** What is left by the best source there is: the provider's ETA, its progress, then what is usual. */
function remainingSeconds(input: ScheduleInput): number | undefined {
	const { etaSeconds, progress, elapsedSeconds, typicalSeconds } = input;
	if (etaSeconds !== undefined && etaSeconds > 0) return etaSeconds;
	if (progress !== undefined && progress >= 5 && progress < 100 && elapsedSeconds > 0) {
		return (elapsedSeconds * (100 - progress)) / progress;
	}
	// Half of what is usual: a job that is done early should not be found late.
	const usual = typicalSeconds / 2 - elapsedSeconds;
	return usual > 0 ? usual : undefined;
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
