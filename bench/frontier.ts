/**
 * What the best possible schedule reaches with the same knowledge, by dynamic programming: for a price of lateness in
 * questions, where to ask. Pure.
 *
 * A job is a point on the scale of what is known: its duration where durations are known, its duration as a share of the
 * estimate where that is all there is. What else is known of a single job is not.
 */

export interface KnownJob {
	/** Where it ends on the scale on which the questions are placed. */
	end: number;
	/** Seconds for 1 on the scale. */
	unit: number;
}

export interface Outcome {
	requests: number;
	/** Share of the job's duration. */
	lateness: number;
}

/** The bound looks at no more jobs than this: its time grows with their cube. */
const MOST_JOBS = 100;

/** What it costs that a job is found so late, as a share of its duration. */
type Loss = (lateness: number, durationSeconds: number) => number;

export const mean = (values: number[]): number =>
	values.reduce((sum, value) => sum + value, 0) / values.length;

/** Places on the scale, in ascending order; the last job is found at the last one. */
function bestQuestions(sorted: KnownJob[], loss: Loss): number[] {
	const count = sorted.length;
	const cost = new Array<number>(count + 1).fill(0);
	const next = new Array<number>(count).fill(count - 1);
	for (let from = count - 1; from >= 0; from -= 1) {
		cost[from] = Infinity;
		for (let to = from; to < count; to += 1) {
			// Every job that is still open costs a question; those that it finds cost their lateness.
			let all = count - from + cost[to + 1]!;
			for (let found = from; found <= to && all < cost[from]!; found += 1) {
				const { end, unit } = sorted[found]!;
				all += loss((sorted[to]!.end - end) / end, end * unit);
			}
			if (all < cost[from]!) [cost[from], next[from]] = [all, to];
		}
	}
	const questions: number[] = [];
	for (let from = 0; from < count; from = next[from]! + 1) questions.push(sorted[next[from]!]!.end);
	return questions;
}

/** After the last question the next ones follow in the same proportion. */
export function outcomesOf(
	jobs: KnownJob[],
	questions: number[],
	roundTripSeconds: number,
): Outcome[] {
	const last = questions.at(-1)!;
	const ratio = Math.max(1.01, last / (questions.at(-2) ?? last / 1.1));
	return jobs.map(({ end, unit }) => {
		let at = questions.findIndex((question) => question >= end);
		let found = questions[at] ?? last;
		for (at = at < 0 ? questions.length - 1 : at; found < end; at += 1) found *= ratio;
		const late = (found - end) * unit + roundTripSeconds / 2;
		return { requests: at + 1, lateness: late / (end * unit) };
	});
}

const byEnd = (jobs: KnownJob[]): KnownJob[] => jobs.toSorted((a, b) => a.end - b.end);
const requestsOf = (all: Outcome[]): number => mean(all.map(({ requests }) => requests));

/**
 * The point of the frontier at which is asked at most as often: mean lateness can not be less.
 *
 * @param known what such jobs are known to take
 * @param jobs those that it is tried on
 */
export function frontierAt(
	known: KnownJob[],
	jobs: KnownJob[],
	requests: number,
	roundTripSeconds: number,
): Outcome[] {
	const sorted = byEnd(known);
	const at = (price: number) =>
		outcomesOf(
			jobs,
			bestQuestions(sorted, (lateness) => price * lateness),
			roundTripSeconds,
		);
	let [low, high] = [1e-3, 1e5];
	for (let step = 0; step < 30; step += 1) {
		const price = Math.sqrt(low * high);
		if (requestsOf(at(price)) > requests) high = price;
		else low = price;
	}
	return at(low);
}

/**
 * The least median lateness, as a share of the duration, that any schedule reaches with so few questions, whatever becomes of the
 * other half of the jobs: where even this misses a goal, the goal is out of reach.
 */
export function leastMedian(known: KnownJob[], requests: number, roundTripSeconds: number): number {
	const every = Math.ceil(known.length / MOST_JOBS);
	const sorted = byEnd(known).filter((_job, index) => index % every === 0);
	let [low, high] = [0, 1];
	for (let step = 0; step < 12; step += 1) {
		const allowed = (low + high) / 2;
		if (shareWithin(sorted, allowed, requests, roundTripSeconds) >= 0.5) high = allowed;
		else low = allowed;
	}
	return high;
}

/** An upper bound: between two schedules a mixture of both counts as possible. */
function shareWithin(
	sorted: KnownJob[],
	allowed: number,
	requests: number,
	roundTripSeconds: number,
): number {
	const isLate = (lateness: number, durationSeconds: number) =>
		lateness + roundTripSeconds / 2 / durationSeconds > allowed;
	// By duality: no schedule has a share above this line, whichever the price.
	let least = 1;
	for (let exponent = 0; exponent <= 24; exponent += 1) {
		const price = 1.35 ** exponent;
		const questions = bestQuestions(sorted, (lateness, duration) =>
			isLate(lateness, duration) ? price : 0,
		);
		const found = outcomesOf(sorted, questions, roundTripSeconds);
		const share = mean(found.map(({ lateness }) => (lateness > allowed ? 0 : 1)));
		least = Math.min(least, share + (requests - requestsOf(found)) / price);
	}
	return least;
}
