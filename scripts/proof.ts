/**
 * What takes too long for every run of CI, one part after another, and docs/proof.md with what came of it.
 *
 *     npm run proof                      all parts
 *     npm run proof -- chaos fuzz        these; the others stand as they were run last
 *     npm run proof -- none              only writes docs/proof.md again
 *
 * PROOF_SEED chooses other stories and other faults; PROOF_MUTATE is what `npm run mutate` is told instead. Every part runs
 * even if an earlier one failed; the exit code says whether any did.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from '../bench/report';
import {
	DOCUMENT,
	proofDocument,
	readResults,
	RESULTS_FOLDER,
	type Result,
} from './proof/document';
import { PARTS, type Part } from './proof/parts';
import { readLines, type ProofRow } from './proof/rows';
import { N8N_HOST_FOLDER, OLDEST_N8N_HOST_FOLDER, REPOSITORY_FOLDER } from './repository';

async function main(): Promise<void> {
	const asked = process.argv.slice(2);
	const unknown = asked.filter((id) => id !== 'none' && !PARTS.some((part) => part.id === id));
	if (unknown.length > 0) {
		const ids = PARTS.map(({ id }) => id).join(', ');
		throw new Error(`There is no part "${unknown[0]}". The parts are: ${ids}.`);
	}
	const chosen = asked.length === 0 ? PARTS : PARTS.filter(({ id }) => asked.includes(id));
	mkdirSync(RESULTS_FOLDER, { recursive: true });
	let failed = 0;
	for (const part of chosen) {
		const result = run(part);
		if (result.exitCode !== 0) failed += 1;
		writeFileSync(
			join(RESULTS_FOLDER, `${part.id}.json`),
			`${JSON.stringify(result, null, '\t')}\n`,
		);
	}
	writeFileSync(DOCUMENT, await proofDocument(readResults()));
	process.exitCode = failed > 0 ? 1 : 0;
}

function run({ id, title, command, env, suite }: Part): Result {
	const folder = mkdtempSync(join(tmpdir(), 'proof-'));
	const files = {
		rows: join(folder, 'rows.jsonl'),
		bench: join(folder, 'bench.jsonl'),
		report: join(folder, 'report.json'),
	};
	const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${files.report}`];
	const args = suite
		? [...command, ...(command.includes('--') ? [] : ['--']), ...reporters]
		: command;
	const startedAt = Date.now();
	// Of what is run, not of what the tree has become meanwhile.
	const before = { ...sources(), versions: versions() };
	console.log(`\n=== ${title}`);
	const { status } = spawnSync('npm', args, {
		cwd: REPOSITORY_FOLDER,
		stdio: 'inherit',
		shell: process.platform === 'win32',
		env: { ...process.env, ...env, PROOF_ROWS: files.rows, BENCH_ROWS_KEPT: files.bench },
	});
	const result: Result = {
		id,
		command: [...Object.entries(env ?? {}).map((pair) => pair.join('=')), 'npm', ...command].join(
			' ',
		),
		date: new Date().toISOString(),
		...before,
		seconds: Math.round((Date.now() - startedAt) / 1000),
		exitCode: status ?? 1,
		rows: [
			...readLines<ProofRow>(files.rows),
			...readLines<Row & { title: string }>(files.bench).map(benchRow),
			...(existsSync(files.report) ? suiteRows(files.report) : []),
		],
	};
	rmSync(folder, { recursive: true, force: true });
	console.log(`=== ${title}: exit code ${result.exitCode}, ${result.seconds} s`);
	return result;
}

function suiteRows(report: string): ProofRow[] {
	const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as {
		numPassedTests: number;
		numFailedTests: number;
	};
	return [
		{ figure: 'tests passed', value: numPassedTests },
		{ figure: 'tests failed', value: numFailedTests },
	];
}

const rounded = (value: number): number => Number(value.toPrecision(3));

/** One figure may stand beside several others. */
const benchRow = ({
	title,
	figure,
	ours,
	beside,
	other,
	goal,
}: Row & { title: string }): ProofRow => ({
	figure: `${title}: ${figure}; beside it: ${beside}`,
	value: [
		`${rounded(ours)}; ${rounded(other)}`,
		...(other === 0 ? [] : [`; ratio ${rounded(ours / other)}`]),
		...(goal ? [`, goal ${goal}`] : []),
	].join(''),
});

function sources(): { commit: string; changed: boolean } {
	const git = (...args: string[]) =>
		spawnSync('git', args, { cwd: REPOSITORY_FOLDER, encoding: 'utf8' }).stdout.trim();
	// What a run of this writes is not a change of what is run.
	const changes = git('status', '--porcelain', '--', '.', ':!docs/proof', ':!docs/proof.md');
	return { commit: git('rev-parse', 'HEAD'), changed: changes !== '' };
}

function versions(): Record<string, string> {
	const json = (...path: string[]) =>
		JSON.parse(readFileSync(join(...path, 'package.json'), 'utf8')) as {
			version: string;
			dependencies: Record<string, string>;
		};
	const modules = join(REPOSITORY_FOLDER, 'node_modules');
	return {
		'this package': json(REPOSITORY_FOLDER).version,
		'Node.js': process.versions.node,
		n8n: `${json(N8N_HOST_FOLDER).dependencies.n8n} and ${json(OLDEST_N8N_HOST_FOLDER).dependencies.n8n}`,
		'n8n-core': json(modules, 'n8n-core').version,
		'Node-RED': `${json(modules, 'node-red').version} and ${json(modules, 'node-red-4').version}`,
		"OpenAI's SDK": json(modules, 'openai').version,
		[process.platform]: process.arch,
	};
}

main().catch((error: unknown) => {
	console.error((error as Error).message);
	process.exitCode = 1;
});
