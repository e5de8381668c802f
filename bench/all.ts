/** Runs every benchmark, one after another, and prints one table of all their rows. `npm run bench` */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { table, type Row } from './report';

const BENCHMARKS = [
	'poll-schedule.ts',
	'download-memory.ts',
	'startup.ts',
	'gpu-local-server.ts',
	'trigger-throughput.ts',
	'gpu/overhead.ts',
];

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
/** `npm run proof` keeps the rows. */
const rows = process.env.BENCH_ROWS_KEPT ?? join(folder, 'rows.jsonl');
const tsx = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');
const missed: string[] = [];

for (const name of BENCHMARKS) {
	console.log(`\n${name}`);
	const { status } = spawnSync(process.execPath, [tsx, join(root, 'bench', name)], {
		cwd: root,
		stdio: 'inherit',
		env: { ...process.env, BENCH_ROWS: rows },
	});
	if (status !== 0) missed.push(name);
}

if (existsSync(rows)) {
	const lines = readFileSync(rows, 'utf8').trim().split('\n');
	console.log(`\n${table(lines.map((line) => JSON.parse(line) as Row & { title: string }))}`);
}
rmSync(folder, { recursive: true, force: true });
if (missed.length > 0) {
	console.log(`\nBelow their goal, or broken off: ${missed.join(', ')}`);
	process.exitCode = 1;
}
