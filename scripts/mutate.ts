/**
 * How much the tests notice: puts small faults into the core, one at a time, and runs the tests that reach the file.
 *
 *     npx tsx scripts/mutate.ts [--seed 1] [--count 60] [--steps 2] [--parallel 2] [PATH…]
 *
 * PATH are folders or files (by default jobs, providers, the job's life in nodes, Node-RED's runner). Faults are drawn
 * by the seed, evenly over the files. `--steps` says how far a test may be from the file (in imports) to be run: more
 * finds more and takes longer. A fault that no test notices survives; those are printed. Those that change nothing
 * anybody could notice are written down in `mutate/equivalent.json`, with the reason, and count for nothing: they are
 * not run. Works in a copy.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
	cpSync,
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ImportGraph } from './mutate/importGraph';
import equivalent from './mutate/equivalent.json';
import { applied, mutationsOf, type Mutation } from './mutate/mutations';
import { giveProof } from './proof/rows';
import { REPOSITORY_FOLDER } from './repository';

const CORE = ['jobs', 'providers', 'nodes/TextToVideo', 'nodes/shared', 'node-red/src/jobs'];
/** A fault that makes a test wait for ever is noticed too. */
const LIMIT_MS = 180_000;
const MODULES = ['node_modules', 'node-red/node_modules', 'gpu-local/node_modules'];

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

type Outcome = 'killed' | 'survived' | 'no test' | 'control failed';

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		seed: { type: 'string', default: '1' },
		count: { type: 'string', default: '60' },
		steps: { type: 'string', default: '2' },
		parallel: { type: 'string', default: '2' },
	},
});
const steps = Number(values.steps);
const wanted = positionals.length > 0 ? positionals : CORE;

const files = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], {
	cwd: REPOSITORY_FOLDER,
	encoding: 'utf8',
	maxBuffer: 2 ** 26,
})
	.stdout.split('\n')
	.filter((name) => name !== '' && existsSync(join(REPOSITORY_FOLDER, name)));
const graph = new ImportGraph(REPOSITORY_FOLDER, files);
const isTest = (name: string): boolean =>
	/\.test\.ts$/.test(name) && !/\.heavy\.test\.ts$|^test\/house\//.test(name);

const faults = draw(Number(values.seed), Number(values.count));
const outcomes = new Map<Fault, Outcome>();
const controls = new Map<string, Promise<boolean>>();
const line = [...faults];
void Promise.all(Array.from({ length: Number(values.parallel) }, work)).then(report);

/** Evenly over the files: each gives one after the other until there are enough. */
function draw(seed: number, count: number): Fault[] {
	const random = generator(seed);
	const shuffled = <T>(list: T[]): T[] =>
		list
			.map((value) => ({ value, at: random() }))
			.sort((a, b) => a.at - b.at)
			.map(({ value }) => value);
	const byFile = shuffled(
		files.filter((name) => /\.ts$/.test(name) && wanted.some((path) => name.startsWith(path))),
	).map((file) => {
		const text = readFileSync(join(REPOSITORY_FOLDER, file), 'utf8');
		const lines = text.split('\n');
		return shuffled(
			mutationsOf(text, file).map((mutation) => ({
				...mutation,
				file,
				was: lines[mutation.line - 1]!.trim(),
			})),
		).filter((fault) => !isEquivalent(fault));
	});
	const rounds = Math.max(0, ...byFile.map((list) => list.length));
	return Array.from({ length: rounds }, (_unused, round) =>
		byFile.flatMap((list) => list.slice(round, round + 1)),
	)
		.flat()
		.slice(0, count);
}

/** Takes one fault after the other, in a copy of the repository of its own. */
async function work(): Promise<void> {
	const copy = mkdtempSync(join(tmpdir(), 'mutants-'));
	for (const file of files) cpSync(join(REPOSITORY_FOLDER, file), join(copy, file));
	for (const folder of MODULES)
		if (existsSync(join(REPOSITORY_FOLDER, folder)))
			symlinkSync(join(REPOSITORY_FOLDER, folder), join(copy, folder), 'junction');
	for (let fault = line.shift(); fault; fault = line.shift()) {
		const outcome = await tested(copy, fault);
		outcomes.set(fault, outcome);
		const left = `${outcomes.size} of ${faults.length}`;
		console.log(`${left} ${outcome.padEnd(14)} ${fault.file}:${fault.line} ${fault.kind}`);
	}
	rmSync(copy, { recursive: true, force: true });
}

/** The nearest tests first: most faults are found there. */
async function tested(copy: string, { file, ...fault }: Fault): Promise<Outcome> {
	const all = graph.testsOf(file, isTest);
	const nearest = all[0]?.steps;
	if (nearest === undefined) return 'no test';
	// Where no test imports the file itself, the nearest ones are all there is.
	const near = all.filter((test) => test.steps <= Math.max(steps, nearest));
	const groups = [
		near.filter((test) => test.steps === nearest),
		near.filter((test) => test.steps > nearest),
	]
		.map((group) => group.map(({ test }) => test))
		.filter((group) => group.length > 0);
	for (const group of groups) {
		// Tests that fail without a fault would seem to notice every one.
		if (!(await control(copy, group))) return 'control failed';
		const place = join(copy, file);
		const whole = readFileSync(place, 'utf8');
		writeFileSync(place, applied(whole, fault));
		const passed = await passes(copy, group);
		writeFileSync(place, whole);
		if (!passed) return 'killed';
	}
	return 'survived';
}

async function control(copy: string, tests: string[]): Promise<boolean> {
	const name = tests.join(' ');
	const known = controls.get(name) ?? passes(copy, tests);
	controls.set(name, known);
	return await known;
}

async function passes(copy: string, tests: string[]): Promise<boolean> {
	const vitest = join(REPOSITORY_FOLDER, 'node_modules', 'vitest', 'vitest.mjs');
	const child = spawn(
		process.execPath,
		[vitest, 'run', '--bail', '1', '--reporter', 'dot', '--maxWorkers', '1', ...tests],
		{ cwd: copy, stdio: 'ignore', timeout: LIMIT_MS, killSignal: 'SIGKILL' },
	);
	return await new Promise((resolve) => child.once('close', (code) => resolve(code === 0)));
}

function report(): void {
	const share = (list: Fault[]): string => {
		const killed = list.filter((fault) => outcomes.get(fault) === 'killed').length;
		return `${String(killed).padStart(4)} of ${String(list.length).padStart(3)}  ${Math.round((100 * killed) / list.length)} %`;
	};
	console.log(`\nKilled by file (seed ${values.seed}):`);
	for (const file of [...new Set(faults.map((fault) => fault.file))].sort())
		console.log(`${share(faults.filter((fault) => fault.file === file))}  ${file}`);
	console.log(`${share(faults)}  all`);
	const survivors = faults.filter((fault) => outcomes.get(fault) !== 'killed');
	giveProof([
		{ figure: 'faults put in', value: faults.length },
		{ figure: 'noticed by a test', value: faults.length - survivors.length },
		{ figure: 'not noticed', value: survivors.length },
	]);
	console.log(`\nSurvivors (${survivors.length}):`);
	for (const { file, line: at, kind, was, replacement } of survivors)
		console.log(`${file}:${at} ${kind}: ${was}  →  ${replacement}`);
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
