/**
 * How often a waiting node asks, and how late it finds the video: the product's own wait beside fixed polls and a 5 → 20 s
 * backoff, on a virtual clock.
 *
 *     npx tsx bench/poll-schedule.ts
 *
 * The replies are those of the simulated providers (`test/simulators`), read by the product's own readers: one rough
 * estimate in the submit's answer that no later one repeats (Stable Diffusion API, ModelsLab), nothing while it is queued
 * and progress with rough estimates afterwards (Novita), both from the start (a local executor), estimates alone, estimates
 * that grow, progress alone (OpenAI's format), nothing at all (AI/ML API, SGLang). An estimate errs by a factor of e^±0.5.
 * Durations are those that the providers' own documents and examples show, and three short ones; each is drawn 200 times
 * with 20 % of scatter, and a fifth of it is spent in the queue.
 *
 * "With ten learned jobs" the product has waited for ten others of the kind before, from the first that knew nothing, and
 * remembers what it made of them. Each row stands beside its frontier, what the best possible schedule reaches with the
 * same knowledge (`frontier.ts`): how such jobs lie around what is remembered, around the estimate, or, where nothing is
 * told, around the documented usual time. A goal that even the frontier misses is printed as such.
 */
import {
	durationKind,
	learnedSeconds,
	noteDuration,
	withLearned,
	type Durations,
} from '../jobs/durations';
import type { Host } from '../jobs/host';
import { pollUntilDone } from '../jobs/poll';
import type { Job, JsonObject } from '../providers/contract';
import { providerById } from '../providers/registry';
import { buildRequest } from '../providers/schema/wire';
import { aimlapi } from '../test/simulators/aimlapi';
import { smallValues } from '../test/simulators/client';
import { Desk } from '../test/simulators/desk';
import { localGpu } from '../test/simulators/localGpu';
import { novita } from '../test/simulators/novita';
import { plainOpenai } from '../test/simulators/plainOpenai';
import { stableDiffusion } from '../test/simulators/stableDiffusion';
import { rough } from '../test/simulators/timeline';
import type { FamilySimulator, SimulatedJob, Snapshot } from '../test/simulators/types';
import { frontierAt, leastMedian, mean, type KnownJob, type Outcome } from './frontier';
import { report, type Row } from './report';

/**
 * What the provider tells. `once`: an estimate in the reply to the submit. `again`: an estimate in each reply. `progress`: a share
 * in each reply, and with it the end.
 */
type Told = 'nothing' | 'once' | 'again' | 'progress';

interface Case {
	name: string;
	provider: string;
	server: FamilySimulator;
	told: Told;
	/** From the provider's documents. */
	seconds: number;
}

const openai = plainOpenai('openai');
const sglang = plainOpenai('sglang');

/** Progress and an estimate, which errs. */
const roughly = (job: SimulatedJob, truth: Snapshot): Snapshot => ({
	...truth,
	etaSeconds: rough(job, truth.etaSeconds),
});
/** An estimate alone. */
const repeated = (job: SimulatedJob, truth: Snapshot): Snapshot => ({
	...roughly(job, truth),
	...(truth.status === 'succeeded' ? {} : { progress: 0 }),
});
/** At first much too short, and longer with every reply: a queue that others are let into. */
const growing = (job: SimulatedJob, truth: Snapshot): Snapshot => ({
	...repeated(job, truth),
	etaSeconds: truth.etaSeconds * (0.3 + (0.7 * truth.progress) / 100),
});

/** The simulated executor tells the truth; a real one errs. */
const telling = (tells: (job: SimulatedJob, truth: Snapshot) => Snapshot): FamilySimulator => ({
	...localGpu,
	submitted: (job, truth, context) => localGpu.submitted(job, tells(job, truth), context),
	fetched: (job, truth, context) => localGpu.fetched(job, tells(job, truth), context),
});

const sd = (provider: string, name: string, seconds: number): Case => ({
	...{ name, provider, seconds, server: stableDiffusion, told: 'once' },
});
const aiml = (name: string, seconds: number): Case => ({
	...{ name, provider: 'aimlapiPixverse', seconds, server: aimlapi, told: 'nothing' },
});
const nov = (name: string, seconds: number): Case => ({
	...{ name, provider: 'novita', seconds, server: novita, told: 'progress' },
});
const local = (
	name: string,
	seconds: number,
	told: Told,
	server: FamilySimulator = telling(roughly),
): Case => ({ name, provider: 'localGpu', seconds, told, server });

const CASES: Case[] = [
	sd('stableDiffusionV5', 'SD API v5, shortest', 3),
	sd('stableDiffusionV5', 'SD API v5, short', 8),
	sd('stableDiffusionV5', 'SD API v5, 3 s clip', 9),
	sd('stableDiffusionV4', 'SD API v4, short', 15),
	sd('stableDiffusionV4', 'SD API v4', 22),
	nov('Novita, 45 % after 10 s', 22),
	aiml('AI/ML API 720p', 35),
	sd('modelslabV6', 'ModelsLab v6', 45),
	local('Local GPU, AnimateDiff', 60, 'progress'),
	local('Local GPU, eta alone', 60, 'again', telling(repeated)),
	aiml('AI/ML API 1080p', 75),
	nov('Novita, 128 frames', 90),
	local('OpenAI Videos example', 100, 'progress', openai),
	sd('modelslabV7', 'ModelsLab v7', 120),
	local('Local GPU, eta that grows', 150, 'again', telling(growing)),
	local('SGLang, nothing told', 300, 'nothing', sglang),
	local('Local GPU, Wan', 300, 'progress'),
	sd('modelslabV6', 'ModelsLab v6, eta 960', 960),
];

const DRAWS = 200;
const SCATTER = 0.2;
/** A question and its answer take this long. */
const ROUND_TRIP_MS = 300;
const START_MS = Date.UTC(2026, 0, 1);

/**
 * One job, waited for by the product.
 *
 * @param durations what the product remembers of such jobs, and goes on to remember
 */
async function waited(
	{ provider: id, server }: Case,
	durationMs: number,
	seed: number,
	durations: Durations = {},
): Promise<Outcome & { estimate?: number }> {
	const declared = providerById(id);
	const kind = durationKind(declared, smallValues(declared));
	const provider = withLearned(declared, learnedSeconds(durations, kind));
	const account = { baseUrl: provider.account.defaultBaseUrl };
	let nowMs = START_MS;
	let requests = 0;
	const desk = new Desk({ seed, durationMs, now: () => nowMs, autoCallbacks: false });
	desk.url = account.baseUrl;
	desk.filesUrl = 'https://files.example.com';
	const values = smallValues(provider);
	const { body, url, method } = buildRequest(provider, values);
	const incoming = {
		method,
		path: new URL(url, account.baseUrl).pathname,
		query: new URLSearchParams(),
		headers: {},
		body: { ...(body as JsonObject), ...(server === stableDiffusion ? { key: 'a-key' } : {}) },
	};
	const refuse = () => ({ status: 400, body: '' });
	const { answer, job: made } = desk.submit(server, server.route(incoming)!, incoming, refuse);
	const reply = { ...answer, headers: answer.headers ?? {} };
	const { job } = provider.readSubmit(reply, values, { nowMs, baseUrl: account.baseUrl });
	if (!made || !job) throw new Error(`${id} took no job: ${JSON.stringify(answer)}`);
	const host: Host = {
		now: () => nowMs,
		random: () => 0.5,
		async sleep(ms) {
			nowMs += ms;
		},
		async http() {
			requests += 1;
			// The answer describes the moment at which the question arrives.
			nowMs += ROUND_TRIP_MS / 2;
			const told = server.fetched(made, desk.snapshot(made), desk.context());
			nowMs += ROUND_TRIP_MS / 2;
			return { ...told, headers: told.headers ?? {} };
		},
	};
	const estimate = (job as Job).etaSeconds;
	const { job: done } = await pollUntilDone(provider, account, job as Job, host, {
		deadlineMs: START_MS + 24 * 3_600_000,
		onTook: (seconds) => noteDuration(durations, kind, seconds, nowMs),
	});
	if (done.status !== 'succeeded') throw new Error(`${id}: the job was not found done`);
	const lateness = (nowMs - START_MS - durationMs) / durationMs;
	return { requests, lateness, ...(estimate ? { estimate } : {}) };
}

/** Seconds until the next question, by how many there were. */
type Beside = (attempts: number) => number;
const BESIDE: Record<string, Beside> = {
	'fixed 5 s poll': () => 5,
	'fixed 10 s poll': () => 10,
	'fixed 20 s poll': () => 20,
	'backoff 5 to 20 s': (attempts) => Math.min(5 * 1.5 ** attempts, 20),
};

function polled(durationMs: number, schedule: Beside): Outcome {
	let nowMs = 0;
	for (let requests = 1; ; requests += 1) {
		nowMs += schedule(requests - 1) * 1000;
		const askedMs = nowMs + ROUND_TRIP_MS / 2;
		nowMs += ROUND_TRIP_MS;
		if (askedMs >= durationMs) return { requests, lateness: (nowMs - durationMs) / durationMs };
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

/** How many jobs of the kind were waited for before. */
const LEARNED_JOBS = 10;
const LEARNED = 'with ten learned jobs';
const FIXED = 'fixed 5 s poll';
const NAMES = ['ours', LEARNED, ...Object.keys(BESIDE)];
type ByName = Record<string, Outcome[]>;

interface Tried extends Case {
	by: ByName;
	/** In seconds. */
	durations: number[];
	/** The estimates that the replies to the submits gave, in seconds. */
	estimates: number[];
	/** What the product remembered before each job: the middle, in seconds. */
	remembered: number[];
}

/** The same jobs for every schedule. */
async function tried(each: Case): Promise<Tried> {
	const durations: number[] = [];
	const estimates: number[] = [];
	const middles: number[] = [];
	const random = generator(each.seconds * 7 + each.provider.length);
	const by: ByName = Object.fromEntries(NAMES.map((name) => [name, []]));
	const drawn = (seed: number) =>
		each.seconds * Math.exp(SCATTER * normal(generator(each.seconds * 7 + seed))) * 1000;
	for (let draw = 1; draw <= DRAWS; draw += 1) {
		const durationMs = each.seconds * Math.exp(SCATTER * normal(random)) * 1000;
		durations.push(durationMs / 1000);
		const { estimate = 0, ...ours } = await waited(each, durationMs, draw);
		estimates.push(estimate);
		by.ours!.push(ours);
		const remembered: Durations = {};
		for (let before = 0; before < LEARNED_JOBS; before += 1) {
			await waited(each, drawn(before * DRAWS + draw), before * DRAWS + draw, remembered);
		}
		middles.push(middleOf(remembered));
		by[LEARNED]!.push(await waited(each, durationMs, draw, remembered));
		for (const [name, schedule] of Object.entries(BESIDE)) {
			by[name]!.push(polled(durationMs, schedule));
		}
	}
	return { ...each, by, durations, estimates, remembered: middles };
}

/** The geometric mean of the one kind that there is. */
const middleOf = (durations: Durations): number =>
	Math.exp(mean(Object.values(durations).flatMap(({ seconds }) => seconds.map(Math.log))));

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

interface Figures {
	requests: number;
	/** Shares of the duration. */
	median: number;
	mean: number;
}

function figures(all: Outcome[]): Figures {
	const late = all.map(({ lateness }) => lateness);
	return {
		requests: mean(all.map(({ requests }) => requests)),
		median: median(late),
		mean: mean(late),
	};
}

const ROUND_TRIP_SECONDS = ROUND_TRIP_MS / 1000;
/** What a schedule that is told nothing may know: half of the jobs take longer than usual, a quarter twice as long … */
const PRIOR_JOBS = 200;
function usualOf(typicalSeconds: number): KnownJob[] {
	return Array.from({ length: PRIOR_JOBS }, (_none, index) => {
		const share = (index + 0.5) / PRIOR_JOBS;
		// … and none under a quarter of it, all shorter ones being as likely.
		const times = share < 0.5 ? 4 ** (2 * share - 1) : 0.5 / (1 - share);
		return { end: typicalSeconds * times, unit: 1 };
	});
}

interface Frontier {
	/** As often asked as ours is. */
	at: Figures;
	/** The least median lateness, as a share, with so many questions. */
	least(requests: number): number;
}

/** With what the provider tells and nothing else, or with what is remembered and how far such jobs lie around it. */
function frontierOf(each: Tried, learned: boolean, requests: number): Frontier {
	const { durations, estimates, remembered, told } = each;
	const shares = (units: number[]) =>
		durations.map((seconds, index) => ({ end: seconds / units[index]!, unit: units[index]! }));
	const taken = durations.map((end) => ({ end, unit: 1 }));
	const known = (scale: KnownJob[], jobs: KnownJob[]): Frontier => ({
		at: figures(frontierAt(scale, jobs, requests, ROUND_TRIP_SECONDS)),
		least: (asked) => leastMedian(scale, asked, ROUND_TRIP_SECONDS),
	});
	if (learned) return known(shares(remembered), shares(remembered));
	if (told === 'nothing') {
		return known(usualOf(providerById(each.provider).limits.typicalSeconds), taken);
	}
	if (told === 'once') return known(shares(estimates), shares(estimates));
	// Two replies to a question tell how fast the end comes nearer, or one how much is done: the next question meets it.
	const replies = told === 'progress' ? 1 : 2;
	const exact = ROUND_TRIP_SECONDS / 2 / each.seconds;
	const least = (asked: number) => (asked < replies + 1 ? Infinity : exact);
	return { at: { requests: replies + 1, median: exact, mean: exact }, least };
}

const LONG_SECONDS = 30;
const SHORT_SECONDS = 15;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** One row of the goals: what is wanted of it, whether it holds, and what no schedule could do. */
interface Verdict {
	goal: string;
	met: boolean;
	/** The frontier misses it too. */
	outOfReach: boolean;
}

function verdictOf(each: Tried, learned: boolean, mine: Figures, frontier: Frontier): Verdict {
	const { seconds, told, by } = each;
	if (told === 'nothing' && !learned) {
		const met = mine.mean <= frontier.at.mean * 1.15;
		return { goal: 'mean ≤ 1.15 × frontier', met, outOfReach: false };
	}
	const allowed = seconds < SHORT_SECONDS && !learned ? 3 / seconds : Math.max(0.04, 2 / seconds);
	const most = Math.min(
		seconds < LONG_SECONDS ? Infinity : 0.25 * figures(by[FIXED]!).requests,
		learned ? 5 : Infinity,
	);
	const asked = most < Infinity ? `≤ ${most.toFixed(2)} requests, ` : '';
	return {
		goal: `${asked}median ≤ ${percent(allowed)}`,
		met: mine.requests <= most && mine.median <= allowed,
		outOfReach: most < Infinity && frontier.least(most) > allowed,
	};
}

/** What our schedule does, beside the fixed poll and beside the frontier of the same knowledge. */
function rowsOf(each: Tried, learned: boolean): { rows: Row[]; verdict: Verdict } {
	const mine = figures(each.by[learned ? LEARNED : 'ours']!);
	const frontier = frontierOf(each, learned, mine.requests);
	const verdict = verdictOf(each, learned, mine, frontier);
	const fixed = figures(each.by[FIXED]!);
	const what = `${each.name} (${each.seconds} s), ${learned ? LEARNED : `told ${each.told}`}`;
	const beside = `frontier at ${frontier.at.requests.toFixed(2)} requests`;
	const word = verdict.met ? 'met' : verdict.outOfReach ? 'the frontier misses it too' : 'MISSED';
	const late = (kind: 'median' | 'mean') => `${kind} lateness in % of the duration, ${what}`;
	const row = (figure: string, ours: number, name: string, other: number, goal = ''): Row => ({
		...{ figure, ours, beside: name, other },
		...(goal ? { goal } : {}),
	});
	const rows = [
		row(
			`requests a job, ${what}`,
			mine.requests,
			FIXED,
			fixed.requests,
			`${verdict.goal}: ${word}`,
		),
		row(late('median'), mine.median * 100, FIXED, fixed.median * 100),
		row(late('median'), mine.median * 100, beside, frontier.at.median * 100),
		row(late('mean'), mine.mean * 100, beside, frontier.at.mean * 100),
	];
	return { rows, verdict };
}

function allRows(all: ByName): Row[] {
	const mine = figures(all.ours!);
	return Object.keys(BESIDE).flatMap((beside) => {
		const its = figures(all[beside]!);
		const late = 'median lateness in % of the duration, all';
		return [
			{ figure: 'requests a job, all', ours: mine.requests, beside, other: its.requests },
			{ figure: late, ours: mine.median * 100, beside, other: its.median * 100 },
		];
	});
}

/** Asking less often costs lateness: nothing beside ours may be better in both. */
const isOnFrontier = (mine: Figures, besides: Figures[]): boolean =>
	besides.every((its) => its.requests > mine.requests || its.median > mine.median);

async function main(): Promise<void> {
	const cases: Tried[] = [];
	for (const each of CASES) cases.push(await tried(each));
	const all: ByName = Object.fromEntries(
		NAMES.map((name) => [name, cases.flatMap(({ by }) => by[name]!)]),
	);
	const judged = [false, true].flatMap((learned) => cases.map((each) => rowsOf(each, learned)));
	report('poll schedule', [...judged.flatMap(({ rows }) => rows), ...allRows(all)]);
	const us = figures(all.ours!);
	const frontier = isOnFrontier(
		us,
		Object.keys(BESIDE).map((name) => figures(all[name]!)),
	);
	console.log(`None beside it asks less often and is less late: ${frontier ? 'right' : 'WRONG'}.`);
	const verdicts = judged.map(({ verdict }) => verdict);
	const met = verdicts.filter((one) => one.met).length;
	const beyond = verdicts.filter((one) => !one.met && one.outOfReach).length;
	const missed = verdicts.length - met - beyond;
	console.log(
		`Of ${verdicts.length} goals ${met} are met, ${beyond} the frontier misses too, ${missed} are MISSED.`,
	);
	process.exitCode = frontier && missed === 0 ? 0 : 1;
}

void main();
