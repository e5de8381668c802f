/** What a run does next whose jobs have just been asked for: go on to the output, ask on awake, or sleep. Pure. */

/** n8n looks for sleepers once a minute, so that a shorter sleep ends late by up to as much: such a wait is spent awake. */
export const SHORTEST_SLEEP_SECONDS = 61;
/** Where the provider calls back, the schedule only makes up for a call that was lost. */
const SHORTEST_WITH_CALLBACK_SECONDS = 120;
/** An estimate that was wrong is not to cost more than this. */
export const LONGEST_SLEEP_SECONDS = 300;
/** Runs that were started together do not all wake in the same instant. */
const SPREAD_SECONDS = 5;

export interface OpenJob {
	/** In how many seconds its own schedule would ask again. */
	pauseSeconds: number;
	/** It is likely to be over within `SHORTEST_SLEEP_SECONDS`. */
	soon: boolean;
	/** Its provider calls this execution when it is over. */
	callback: boolean;
}

export interface PlanInput {
	nowMs: number;
	/** When the waiting ends. */
	deadlineMs: number;
	/** Set where the run has been awake for this already since it began or woke. */
	awakeUntilMs?: number;
	open: OpenJob[];
	/** 0 ≤ n < 1. */
	random: number;
}

/** Times in Unix milliseconds. */
export type Plan =
	{ step: 'finish' } | { step: 'awake'; untilMs: number } | { step: 'asleep'; wakeAtMs: number };

export function planSleep(input: PlanInput): Plan {
	const { nowMs, deadlineMs, awakeUntilMs, open, random } = input;
	if (open.length === 0 || nowMs >= deadlineMs) return { step: 'finish' };
	const shortestMs = SHORTEST_SLEEP_SECONDS * 1000;
	if (deadlineMs - nowMs < shortestMs) return { step: 'awake', untilMs: deadlineMs };
	if (awakeUntilMs === undefined && open.every(({ soon }) => soon)) {
		return { step: 'awake', untilMs: nowMs + shortestMs };
	}
	const shortest = open.every(({ callback }) => callback)
		? SHORTEST_WITH_CALLBACK_SECONDS
		: SHORTEST_SLEEP_SECONDS;
	const own = Math.min(...open.map(({ pauseSeconds }) => pauseSeconds), LONGEST_SLEEP_SECONDS);
	const seconds = Math.max(own, shortest) + random * SPREAD_SECONDS;
	return { step: 'asleep', wakeAtMs: Math.min(Math.round(nowMs + seconds * 1000), deadlineMs) };
}
