/**
 * How much the tests notice: puts small faults into the core, one at a time, and runs the tests that reach them.
 *
 *     npm run mutate -- [--seed 1,2] [--count 60] [--minutes 20] [--parallel 3] [--seconds 30] [--measure]
 *                       [--json FILE] [PATH…]
 *
 * PATH are folders or files (by default jobs, providers, the job's life in nodes, Node-RED's runner). Faults are drawn
 * by the seed from every file, more from a file in which more could be put; where `--minutes` end before all are tried,
 * those count that were. Which test runs which statement is measured once, and kept; `--measure` does it again. Of the
 * tests that reach a fault so many run as take `--seconds`, the likeliest first, and three times as long others where
 * these notice nothing. A fault that runs through all tests that reach it survives; those are printed. Where more reach
 * it than there was time for, it is undecided, and counts as not noticed. One that could not be tried is an error. What
 * the compiler refuses is no fault that somebody could commit, and does not count. Those that change nothing anybody
 * could notice are written down in `mutate/equivalent.json`, with the reason: they are not run. Works in copies. With
 * `--json` it goes on where an earlier run of the seed stopped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { RepositoryCopy } from './mutate/copies';
import { ImportGraph } from './mutate/importGraph';
import equivalent from './mutate/equivalent.json';
import { Judge, type NamedTests, type Verdict } from './mutate/judge';
import { applied, mutationsOf, type Mutation } from './mutate/mutations';
import { ReachMap, type ReachingTest } from './mutate/reachMap';
import { configsOf, TypeCheck } from './mutate/typeCheck';
import { giveProof } from './proof/rows';
import { REPOSITORY_FOLDER } from './repository';

const CORE = ['jobs', 'providers', 'nodes/TextToVideo', 'nodes/shared', 'node-red/src/jobs'];
/** To load a test file. */
const FILE_MS = 700;
/** How many times as long the other tests of a fault may take that the likeliest did not notice. */
const OTHERS_TIMES = 3;

interface Fault extends Mutation {
	file: string;
	/** The line as it was. */
	was: string;
}

/** By what stands in the line, for its number changes. */
const isEquivalent = ({ file, kind, was, replacement }: Fault): boolean =>
	equivalent.some(
		(known) =>
			known.file === file &&
			known.kind === kind &&
			known.was === was &&
			known.replacement === replacement,
	);

interface Outcome {
	/**
	 * `no fit test`: those that reach it fail without it too. `undecided`: not noticed by the tests there was time for, of
	 * more that reach it. `refused`: the compiler does not take it. `error`: the runner could not tell; no tests ran.
	 */
	end: Verdict['end'] | 'no test' | 'undecided' | 'refused' | 'error';
	/** The test that noticed, what the compiler says, or what went wrong. */
	by?: string;
}

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		seed: { type: 'string', default: '1' },
		count: { type: 'string', default: '60' },
		minutes: { type: 'string' },
		parallel: { type: 'string', default: '3' },
		measure: { type: 'boolean', default: false },
		json: { type: 'string' },
		seconds: { type: 'string', default: '30' },
	},
});
/** What the tests that are asked first took together when they were measured, at most. */
const firstMs = 1000 * Number(values.seconds);
const wanted = positionals.length > 0 ? positionals : CORE;

const files = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], {
	cwd: REPOSITORY_FOLDER,
	encoding: 'utf8',
	maxBuffer: 2 ** 26,
})
	.stdout.split('\n')
	.filter((name) => name !== '' && existsSync(join(REPOSITORY_FOLDER, name)));
const graph = new ImportGraph(REPOSITORY_FOLDER, files);
/** The executor's own tests start servers: they take long, and reach the core by its dialects only. */
const isTest = (name: string): boolean =>
	/\.test\.ts$/.test(name) &&
	!/\.heavy\.test\.ts$|^(test\/house|test\/scripts|gpu-local)\//.test(name);
const isCore = (paths: string[]) => (name: string) =>
	/\.ts$/.test(name) && paths.some((path) => name.startsWith(path));

const faults = inTurns(values.seed.split(','));
const outcomes = new Map<Fault, Outcome>();
const judge = new Judge();
const types = new TypeCheck(configsOf(REPOSITORY_FOLDER));
let line: Fault[] | undefined;
let endsAt = Infinity;

async function main(): Promise<void> {
	takeUp();
	const reach = await ReachMap.of(
		files,
		files.filter(isCore(CORE)),
		files.filter(isTest),
		values.measure,
		Number(values.parallel),
	);
	if (values.minutes) endsAt = Date.now() + 60_000 * Number(values.minutes);
	const parallel = Array.from({ length: Number(values.parallel) }, () => work(reach));
	await Promise.all(parallel);
	report();
}

/** Of each seed as many, one of each after the other; what two have drawn counts for the first. */
function inTurns(seeds: string[]): Array<Fault & { seed: string }> {
	const count = Math.ceil(Number(values.count) / seeds.length);
	const drawn = seeds.map((seed) => draw(Number(seed), count).map((fault) => ({ ...fault, seed })));
	const all = Array.from({ length: count }, (_unused, rank) =>
		drawn.flatMap((list) => list[rank] ?? []),
	).flat();
	const placeOf = ({ file, start, kind, replacement }: Fault) =>
		[file, start, kind, replacement].join('\n');
	return [
		...new Map(all.toReversed().map((fault) => [placeOf(fault), fault])).values(),
	].toReversed();
}

/** From each file its share, which grows with the root of what could be put in; one at least where there is room. */
function draw(seed: number, count: number): Fault[] {
	const random = generator(seed);
	const shuffled = <T>(list: T[]): T[] =>
		list
			.map((value) => ({ value, at: random() }))
			.sort((a, b) => a.at - b.at)
			.map(({ value }) => value);
	return shuffled(files.filter(isCore(wanted)))
		.flatMap((file) => {
			const text = readFileSync(join(REPOSITORY_FOLDER, file), 'utf8');
			const lines = text.split('\n');
			const all = shuffled(
				mutationsOf(text, file).map((mutation) => ({
					...mutation,
					file,
					was: lines[mutation.line - 1]!.trim(),
				})),
			).filter((fault) => !isEquivalent(fault));
			return all.map((fault, index) => ({ fault, rank: index / Math.sqrt(all.length) }));
		})
		.sort((a, b) => a.rank - b.rank)
		.slice(0, count)
		.map(({ fault }) => fault);
}

/** Takes one fault after the other, in a copy of the repository of its own. */
async function work(reach: ReachMap): Promise<void> {
	const copy = new RepositoryCopy(files);
	line ??= faults.filter((fault) => !outcomes.has(fault));
	for (let fault = line.shift(); fault && Date.now() < endsAt; fault = line!.shift()) {
		const outcome = await tested(copy, reach, fault).catch((error: Error): Outcome => ({
			end: 'error',
			by: error.message,
		}));
		outcomes.set(fault, outcome);
		const left = `${outcomes.size} of ${faults.length}`;
		console.log(`${left} ${outcome.end.padEnd(14)} ${fault.file}:${fault.line} ${fault.kind}`);
		keep();
	}
	await copy.close();
}

/** The likeliest tests, and where these notice nothing, others that take longer together. */
async function tested(copy: RepositoryCopy, reach: ReachMap, fault: Fault): Promise<Outcome> {
	const whole = readFileSync(join(REPOSITORY_FOLDER, fault.file), 'utf8');
	const put = { file: fault.file, whole, text: applied(whole, fault) };
	const refused = types.errorIn(join(REPOSITORY_FOLDER, fault.file), put.text);
	if (refused !== undefined) return { end: 'refused', by: refused };
	let left = reach.testsAt(fault.file, whole, fault.start);
	if (left.length === 0) return { end: 'no test' };
	let verdict: Verdict = { end: 'no fit test' };
	for (const milliseconds of [firstMs, OTHERS_TIMES * firstMs]) {
		const asked = inOrder(fault.file, left, milliseconds);
		const next = await judge.of(copy, put, asked);
		if (next.end === 'killed') return next;
		if (next.end === 'survived') verdict = next;
		const isAsked = ({ file, test }: ReachingTest) =>
			asked.some((one) => one.file === file && one.names.includes(test));
		left = left.filter((test) => !isAsked(test));
	}
	// Of a file that has changed since the reach was measured, all tests that run anything of it are said to reach it.
	return verdict.end === 'survived' && left.length > 0 ? { end: 'undecided' } : verdict;
}

/** The file's namesake first, then the nearest and quickest files, and of each some of the tests that run the place. */
function inOrder(file: string, reaching: ReachingTest[], mostMs: number): NamedTests[] {
	const steps = new Map(graph.testsOf(file, isTest).map(({ test, steps: far }) => [test, far]));
	const byFile = new Map<string, ReachingTest[]>();
	for (const test of reaching) byFile.set(test.file, [...(byFile.get(test.file) ?? []), test]);
	const isNamesake = (test: string) => basename(test, '.test.ts') === basename(file, '.ts');
	let left = mostMs;
	return [...byFile]
		.map(([name, tests]) => {
			const some = spreadOver(tests, mostMs / 10);
			const milliseconds = FILE_MS + some.reduce((sum, test) => sum + test.milliseconds, 0);
			return {
				name,
				names: some.map(({ test }) => test),
				milliseconds,
				far: steps.get(name) ?? 9,
			};
		})
		.sort(
			(a, b) =>
				Number(isNamesake(b.name)) - Number(isNamesake(a.name)) ||
				a.far - b.far ||
				a.milliseconds - b.milliseconds,
		)
		.filter(({ milliseconds }) => {
			if (left <= 0) return false;
			left -= milliseconds;
			return true;
		})
		.map(({ name, names }) => ({ file: name, names }));
}

/** Tests of one file that take no longer than their part, from all over it: neighbours often do the same. */
function spreadOver(tests: ReachingTest[], mostOfFileMs: number): ReachingTest[] {
	const milliseconds = tests.reduce((sum, test) => sum + test.milliseconds, 0);
	const count = Math.max(1, Math.floor((tests.length * mostOfFileMs) / (milliseconds + 1)));
	const step = Math.max(1, tests.length / count);
	return tests.filter(
		(_test, index) => Math.floor(index / step) !== Math.floor((index - 1) / step),
	);
}

/** What an earlier run of the same seed left in the same file. */
function takeUp(): void {
	if (!values.json || !existsSync(values.json)) return;
	type Row = Fault & { outcome: Outcome['end']; by?: string };
	const kept = JSON.parse(readFileSync(values.json, 'utf8')) as { seed: string; rows: Row[] };
	if (kept.seed !== values.seed) return;
	for (const { outcome, by, ...known } of kept.rows) {
		const same = faults.find(
			({ file, kind, start, was, replacement }) =>
				file === known.file &&
				kind === known.kind &&
				start === known.start &&
				was === known.was &&
				replacement === known.replacement,
		);
		// What could not be judged is tried again.
		if (same && ['killed', 'survived', 'no test', 'refused'].includes(outcome))
			outcomes.set(same, { end: outcome, ...(by ? { by } : {}) });
	}
}

function keep(): void {
	if (!values.json) return;
	const rows = [...outcomes].map(([fault, { end, by }]) => ({ ...fault, outcome: end, by }));
	writeFileSync(values.json, JSON.stringify({ seed: values.seed, rows }, null, '\t'));
}

function report(): void {
	const endOf = (fault: Fault) => outcomes.get(fault)?.end;
	const judged = faults.filter((fault) =>
		['killed', 'survived', 'no test', 'undecided'].includes(endOf(fault) ?? ''),
	);
	const refused = faults.filter((fault) => endOf(fault) === 'refused');
	const killedOf = (list: Fault[]) => list.filter((fault) => endOf(fault) === 'killed').length;
	const share = (list: Fault[]): string => {
		const killed = killedOf(list);
		return `${killed} of ${list.length} (${Math.round((100 * killed) / list.length)} %)`;
	};
	const byFile = [...new Set(judged.map(({ file }) => file))]
		.sort()
		.map((file) => ({ file, list: judged.filter((fault) => fault.file === file) }));
	console.log(`\nKilled by file (seed ${values.seed}):`);
	for (const { file, list } of byFile) console.log(`${share(list).padEnd(18)} ${file}`);
	console.log(
		`${share(judged).padEnd(18)} all; ${refused.length} more were refused by the compiler`,
	);
	const undecided = judged.filter((fault) => endOf(fault) === 'undecided');
	const survivors = judged.filter((fault) => ['survived', 'no test'].includes(endOf(fault)!));
	giveProof([
		{ figure: 'faults put in', value: judged.length },
		{ figure: 'besides: refused by the compiler', value: refused.length },
		{ figure: 'noticed by a test', value: killedOf(judged) },
		{ figure: 'not noticed by any test that reaches them', value: survivors.length },
		{
			figure: 'undecided: not noticed by the tests there was time for',
			value: undecided.length,
		},
		...values.seed.split(',').map((seed) => ({
			figure: `noticed, seed ${seed}`,
			value: share(judged.filter((fault) => fault.seed === seed)),
		})),
		...byFile.map(({ file, list }) => ({ figure: file, value: share(list) })),
	]);
	console.log(`\nSurvivors (${survivors.length}):`);
	for (const { file, line: at, kind, was, replacement } of survivors)
		console.log(`${file}:${at} ${kind}: ${was}  →  ${replacement}`);
	console.log(`\nNot noticed by the tests there was time for (${undecided.length}):`);
	for (const { file, line: at, kind, was, replacement } of undecided)
		console.log(`${file}:${at} ${kind}: ${was}  →  ${replacement}`);
	if (judge.unfit.size > 0)
		console.log(`\nFail without a fault, and were not asked:\n${[...judge.unfit].join('\n')}`);
	const errors = faults.filter((fault) => endOf(fault) === 'error');
	for (const fault of errors)
		console.error(`Not judged: ${fault.file}:${fault.line}: ${outcomes.get(fault)?.by}`);
	if (errors.length > 0) process.exitCode = 1;
}

/** Mulberry32. */
function generator(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

void main();
