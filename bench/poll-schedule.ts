/**
 * How often a waiting node asks, and how late it finds the video: our schedule beside a fixed 5 s poll and a 5 → 20 s
 * backoff, on a virtual clock.
 *
 *     npx tsx bench/poll-schedule.ts
 *
 * Durations are those that the providers' own documents and examples show; each is drawn 400 times with 20 % of
 * scatter. Providers differ in what they tell: nothing at all; one estimate at the start that they repeat; an estimate
 * that follows the work. Estimates are wrong: by a factor of e^N(0, 0.3) of what is really left.
 */
import { nextPollSeconds } from '../jobs/schedule';
import { report, type Row } from './report';

type Tells = 'nothing' | 'one estimate' | 'live estimate';

interface Case {
	name: string;
	/** From the provider's documents. */
	seconds: number;
	tells: Tells;
	/** The provider declaration's `limits.typicalSeconds`. */
	typicalSeconds: number;
}

const CASES: Case[] = [
	{ name: 'SD API v5, 3 s clip', seconds: 9, tells: 'one estimate', typicalSeconds: 40 },
	{ name: 'SD API v4', seconds: 22, tells: 'one estimate', typicalSeconds: 40 },
	{ name: 'Novita, 45 % after 10 s', seconds: 22, tells: 'live estimate', typicalSeconds: 90 },
	{ name: 'AI/ML API 720p', seconds: 35, tells: 'nothing', typicalSeconds: 60 },
	{ name: 'ModelsLab v6', seconds: 45, tells: 'one estimate', typicalSeconds: 120 },
	{ name: 'Local GPU, AnimateDiff', seconds: 60, tells: 'live estimate', typicalSeconds: 60 },
	{ name: 'AI/ML API 1080p', seconds: 75, tells: 'nothing', typicalSeconds: 60 },
	{ name: 'Novita, 128 frames', seconds: 90, tells: 'live estimate', typicalSeconds: 90 },
	{ name: 'OpenAI Videos example', seconds: 100, tells: 'live estimate', typicalSeconds: 60 },
	{ name: 'ModelsLab v7', seconds: 120, tells: 'one estimate', typicalSeconds: 120 },
	{ name: 'A slow job, nothing told', seconds: 300, tells: 'nothing', typicalSeconds: 60 },
	{ name: 'Local GPU, Wan', seconds: 300, tells: 'live estimate', typicalSeconds: 60 },
	{ name: 'ModelsLab v6, eta 960', seconds: 960, tells: 'one estimate', typicalSeconds: 120 },
];

const DRAWS = 400;
const SCATTER = 0.2;
const ESTIMATE_ERROR = 0.3;
/** A question and its answer take this long. */
const ROUND_TRIP_SECONDS = 0.3;

interface Drawn {
	duration: number;
	tells: Tells;
	typicalSeconds: number;
	estimate(left: number): number;
}

/** Seconds until the next question, given how it went so far. */
type Schedule = (job: Drawn, elapsed: number, attempts: number, memory: Memory) => number;
interface Memory {
	eta?: number;
	repeated?: boolean;
}

const ours: Schedule = (job, elapsed, _attempts, { eta, repeated }) =>
	nextPollSeconds({
		elapsedSeconds: elapsed,
		failures: 0,
		typicalSeconds: job.typicalSeconds,
		...(eta === undefined ? {} : { etaSeconds: repeated ? Math.max(0, eta - elapsed) : eta }),
	});
const fixed: Schedule = () => 5;
const backoff: Schedule = (_job, _elapsed, attempts) => Math.min(5 * 1.5 ** attempts, 20);

interface Outcome {
	requests: number;
	/** Share of the job's duration. */
	lateness: number;
}

function simulate(job: Drawn, schedule: Schedule): Outcome {
	const first = job.tells === 'nothing' ? undefined : job.estimate(job.duration);
	const memory: Memory = first === undefined ? {} : { eta: first };
	let elapsed = 0;
	for (let requests = 1; ; requests += 1) {
		elapsed += schedule(job, elapsed, requests - 1, memory);
		// The answer describes the moment at which the question arrives.
		const asked = elapsed + ROUND_TRIP_SECONDS / 2;
		elapsed += ROUND_TRIP_SECONDS;
		if (asked >= job.duration) {
			return { requests, lateness: (elapsed - job.duration) / job.duration };
		}
		if (job.tells === 'one estimate') memory.repeated = true;
		if (job.tells === 'live estimate') memory.eta = job.estimate(job.duration - asked);
	}
}

/** Mulberry32, so that every run gives the same figures. */
function generator(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const normal = (random: () => number): number =>
	Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function outcomes({ seconds, tells, typicalSeconds }: Case, schedule: Schedule): Outcome[] {
	const random = generator(seconds * 7 + tells.length);
	return Array.from({ length: DRAWS }, () => {
		const duration = seconds * Math.exp(SCATTER * normal(random));
		const noise = generator(Math.floor(random() * 2 ** 31));
		const estimate = (left: number) => left * Math.exp(ESTIMATE_ERROR * normal(noise));
		return simulate({ duration, tells, typicalSeconds, estimate }, schedule);
	});
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

interface Figures {
	requests: number;
	lateness: number;
}

const figures = (all: Outcome[]): Figures => ({
	requests: mean(all.map(({ requests }) => requests)),
	lateness: median(all.map(({ lateness }) => lateness)),
});

const SCHEDULES = { ours, 'fixed 5 s poll': fixed, 'backoff 5 to 20 s': backoff };
type Name = keyof typeof SCHEDULES;
const names = Object.keys(SCHEDULES) as Name[];

const cases = CASES.map((each) => ({
	title: `${each.name} (${each.seconds} s, ${each.tells})`,
	outcomes: Object.fromEntries(
		names.map((name) => [name, outcomes(each, SCHEDULES[name])]),
	) as Record<Name, Outcome[]>,
}));
const all = Object.fromEntries(
	names.map((name) => [name, cases.flatMap((each) => each.outcomes[name])]),
) as Record<Name, Outcome[]>;

function rowsOf(what: string, by: Record<Name, Outcome[]>, goals = false): Row[] {
	const mine = figures(by.ours);
	return names.slice(1).flatMap((beside) => {
		const its = figures(by[beside]);
		const fixedGoal = goals && beside === 'fixed 5 s poll';
		return [
			{
				figure: `requests a job, ${what}`,
				ours: mine.requests,
				beside,
				other: its.requests,
				...(fixedGoal ? { goal: 'ratio ≤ 0.5' } : {}),
			},
			{
				figure: `median lateness in % of the duration, ${what}`,
				ours: mine.lateness * 100,
				beside,
				other: its.lateness * 100,
				...(fixedGoal ? { goal: 'ours ≤ 5' } : {}),
			},
		];
	});
}

report('poll schedule', [
	...cases.flatMap(({ title, outcomes: by }) => rowsOf(title, by)),
	...rowsOf('all', all, true),
]);
const us = figures(all.ours);
const good = us.requests <= 0.5 * figures(all['fixed 5 s poll']).requests && us.lateness <= 0.05;
console.log(good ? 'Goal met.' : 'Goal MISSED.');
process.exitCode = good ? 0 : 1;
