/**
 * What the n8n package costs an n8n that starts: milliseconds to load every node and credential in a process that
 * already holds n8n-workflow and zod (as n8n does), and bytes of the tarball. Beside it, measured the same way in turn,
 * a well-known community package. Goals: at most 60 ms and 250 kB. Our classes come to n8n as data and are loaded with
 * the first call of one of their functions; what that first call then waits for is measured too.
 */
import { execFileSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { report } from './report';

const root = resolve(import.meta.dirname, '..');
const PEER = 'n8n-nodes-evolution-api';
const ROUNDS = 15;

const LOADER = `
const { performance } = require('node:perf_hooks');
const [, workflow, zod, list] = process.argv;
require(workflow);
require(zod);
const files = JSON.parse(list);
const before = performance.now();
for (const file of files) {
	const exports = require(file);
	for (const Type of Object.values(exports)) if (typeof Type === 'function' && /class/.test(String(Type))) new Type();
}
const loaded = performance.now();
for (const file of files) {
	const whole = file.replace(/\\.js$/, '.whole.js');
	if (!require('node:fs').existsSync(whole)) continue;
	for (const Type of Object.values(require(whole))) if (typeof Type === 'function' && /class/.test(String(Type))) new Type();
}
process.stdout.write(JSON.stringify([loaded - before, performance.now() - loaded]));
`;

const folder = mkdtempSync(join(tmpdir(), 'startup-'));

function packed(name: string, spec: string): { home: string; bytes: number } {
	const at = join(folder, name);
	mkdirSync(at);
	execFileSync('npm', ['pack', spec, '--ignore-scripts', '--silent', '--pack-destination', at], {
		cwd: root,
		shell: process.platform === 'win32',
	});
	const tarball = readdirSync(at).find((file) => file.endsWith('.tgz')) as string;
	execFileSync('tar', ['-xzf', tarball], { cwd: at });
	// Where n8n's own modules are found from the package's files.
	const home = join(root, '.run', `startup-${name}`);
	rmSync(home, { recursive: true, force: true });
	mkdirSync(join(root, '.run'), { recursive: true });
	renameSync(join(at, 'package'), home);
	return { home, bytes: statSync(join(at, tarball)).size };
}

/** At the start, and with the first call. */
function loadMs(home: string): [number, number] {
	const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
		n8n: { nodes?: string[]; credentials?: string[] };
	};
	const files = [...(manifest.n8n.nodes ?? []), ...(manifest.n8n.credentials ?? [])]
		.map((file) => join(home, file))
		.filter(existsSync);
	const require = createRequire(join(root, 'package.json'));
	const known = [require.resolve('n8n-workflow'), require.resolve('zod/v4')];
	const out = execFileSync(
		process.execPath,
		['-e', LOADER, '--', ...known, JSON.stringify(files)],
		{
			encoding: 'utf8',
		},
	);
	return JSON.parse(out) as [number, number];
}

const median = (values: number[]): number =>
	values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' });
const ours = packed('ours', '.');
const peer = packed('peer', PEER);
const times: Record<'later' | 'ours' | 'peer', number[]> = { later: [], ours: [], peer: [] };
for (let round = 0; round < ROUNDS; round += 1) {
	const [atStart, later] = loadMs(ours.home);
	times.ours.push(atStart);
	times.later.push(later);
	times.peer.push(loadMs(peer.home)[0]);
}
const oursMs = median(times.ours);
const peerMs = median(times.peer);
report('n8n start-up', [
	{ figure: 'load, median ms', ours: oursMs, beside: PEER, other: peerMs, goal: 'ours at most 60' },
	{
		figure: 'first call, once a process, median ms',
		ours: median(times.later),
		beside: `the start of ${PEER}`,
		other: peerMs,
	},
	{
		figure: 'tarball, kB',
		ours: ours.bytes / 1000,
		beside: PEER,
		other: peer.bytes / 1000,
		goal: 'ours at most 250',
	},
]);
for (const home of [ours.home, peer.home, folder]) rmSync(home, { recursive: true, force: true });
