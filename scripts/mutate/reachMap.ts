/** Which test runs which piece of the core, measured once by running them all on a counted copy. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { readLines } from '../proof/rows';
import { REPOSITORY_FOLDER } from '../repository';
import { RepositoryCopy } from './copies';
import { counterAt, countedIn, withCounters } from './reach';

/** What one test, or a test file besides its tests, reached. */
interface Reached {
	file: string;
	/** Empty: at the file's import, or before its tests. */
	test: string;
	milliseconds: number;
	reached: string[];
}

export interface ReachingTest {
	file: string;
	test: string;
	milliseconds: number;
}

const KEPT = join(REPOSITORY_FOLDER, 'node_modules', '.cache', 'mutants', 'reach.json');
const LIMIT_MS = 3_600_000;

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

interface Kept {
	/** Of each file that was counted, as it was then. */
	hashes: Record<string, string>;
	/** Of each test file that was run. */
	tests: Record<string, string>;
	lines: Reached[];
}

export class ReachMap {
	/** Tests by "jobs/poll.ts#3". */
	private readonly byCounter = new Map<string, ReachingTest[]>();

	private constructor(private readonly kept: Kept) {
		for (const { reached, ...test } of kept.lines)
			for (const id of reached) {
				const known = this.byCounter.get(id) ?? [];
				this.byCounter.set(id, known);
				known.push(test);
			}
	}

	/** Measures the tests that are new or changed since the map was kept; all of them where `again`. */
	static async of(
		all: string[],
		core: string[],
		tests: string[],
		again: boolean,
		parallel: number,
	): Promise<ReachMap> {
		const kept = again ? undefined : readKept();
		const texts = hashesOf(tests);
		const unknown = tests.filter((test) => kept?.tests[test] !== texts[test]);
		const others = (kept?.lines ?? []).filter(
			({ file }) => tests.includes(file) && !unknown.includes(file),
		);
		if (kept && unknown.length === 0) return new ReachMap({ ...kept, lines: others });
		const lines = await measured(all, core, unknown, parallel);
		const hashes = kept?.hashes ?? hashesOf(core);
		const now: Kept = { hashes, tests: texts, lines: [...others, ...lines] };
		mkdirSync(dirname(KEPT), { recursive: true });
		writeFileSync(KEPT, JSON.stringify(now));
		return new ReachMap(now);
	}

	/**
	 * The tests that run this place of the file. Of what runs as the file is loaded, and of a file that has changed since,
	 * all of the files that load it.
	 */
	testsAt(file: string, text: string, place: number): ReachingTest[] {
		if (this.kept.hashes[file] !== hash(text)) return this.testsWith(file);
		const number = counterAt(countedIn(text, file), place);
		const found = number === undefined ? [] : (this.byCounter.get(`${file}#${number}`) ?? []);
		return found.some(({ test }) => test === '') ? this.testsWith(file) : found;
	}

	/** The tests of all files that load it: what it makes as it is loaded, others may read without calling anything. */
	private testsWith(file: string): ReachingTest[] {
		const loads = ({ reached }: Reached) => reached.some((id) => id.startsWith(`${file}#`));
		const loading = new Set(this.kept.lines.filter(loads).map((line) => line.file));
		return this.kept.lines.filter((line) => loading.has(line.file) && line.test !== '');
	}
}

/** One that an older version of this kept, without what it knows of the tests, is none. */
function readKept(): Kept | undefined {
	if (!existsSync(KEPT)) return undefined;
	const kept = JSON.parse(readFileSync(KEPT, 'utf8')) as Partial<Kept>;
	return kept.hashes && kept.tests && kept.lines ? (kept as Kept) : undefined;
}

async function measured(
	all: string[],
	core: string[],
	tests: string[],
	parallel: number,
): Promise<Reached[]> {
	const file = join(mkdtempSync(join(tmpdir(), 'reached-')), 'lines.jsonl');
	const parts = Array.from({ length: parallel }, (_unused, part) =>
		tests.filter((_test, index) => index % parallel === part),
	);
	const folders: string[] = [];
	await Promise.all(
		parts
			.filter((part) => part.length > 0)
			.map(async (part) => {
				const copy = new RepositoryCopy(all, {
					MUTATE_SETUP: 'scripts/mutate/reachSetup.mts',
					MUTATE_REACHED: file,
				});
				folders.push(copy.folder);
				for (const name of core) {
					const text = readFileSync(join(REPOSITORY_FOLDER, name), 'utf8');
					writeFileSync(join(copy.folder, name), withCounters(text, name));
				}
				for (const test of part) {
					const ran = await copy
						.run({ tests: [{ file: test }] }, LIMIT_MS)
						.catch((error: Error) => error.message);
					const failed = typeof ran === 'string' ? `${test}: ${ran}` : ran.failed;
					if (failed !== undefined) console.error(`Fails where nothing was changed: ${failed}`);
				}
				await copy.close();
			}),
	);
	return readLines<Reached>(file).map((line) => {
		const folder = folders.find((name) => line.file.startsWith(name)) ?? '';
		return { ...line, file: relative(folder, line.file).replaceAll('\\', '/') };
	});
}

const hashesOf = (files: string[]): Record<string, string> =>
	Object.fromEntries(
		files.map((name) => [name, hash(readFileSync(join(REPOSITORY_FOLDER, name), 'utf8'))]),
	);
