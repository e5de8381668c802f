/** `npx` of the local executor from its tarball, on the oldest Node that it takes and on the newest. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/n8nServer';
import { npm, packTarball } from '../support/tarball';
import { readyAddress } from '../support/readyAddress';

const root = resolve(import.meta.dirname, '..', '..');
const { engines } = JSON.parse(readFileSync(join(root, 'gpu-local', 'package.json'), 'utf8')) as {
	engines: { node: string };
};
const oldest = engines.node.replace(/^>=/, '');

let folder: string;
let tarball: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'text-to-video-npx-'));
	npm(['run', 'build', '--workspace=gpu-local'], root);
	({ path: tarball } = packTarball(folder, 'gpu-local'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
	['the oldest Node that the local executor takes', oldest],
	['the newest Node', ''],
])('%s', (_what, wanted) => {
	let server: ChildProcess | undefined;
	let address: string;
	let node: string;
	const home = () => join(folder, wanted || 'newest');

	beforeAll(async () => {
		mkdirSync(home());
		writeFileSync(join(home(), 'package.json'), '{"private":true}');
		const bin = wanted ? join(home(), 'node_modules', '.bin') : dirname(process.execPath);
		if (wanted) npm(['install', '--no-audit', '--no-fund', `node@${wanted}`], home());
		// Strict, so that npm refuses a Node that any part of it does not take.
		const PATH = `${bin}${delimiter}${process.env.PATH}`;
		const env = { ...process.env, PATH, npm_config_engine_strict: 'true' };
		const npx = ['--yes', `--package=${tarball}`];
		node = execFileSync('npx', [...npx, '-c', 'node --version'], {
			cwd: home(),
			env,
			encoding: 'utf8',
		});
		server = spawn('npx', [...npx, '--', 'gpu-local', '--port', '0', '--data', 'data'], {
			cwd: home(),
			env,
			stdio: ['ignore', 'pipe', 'inherit'],
			detached: true,
		});
		address = await readyAddress(server);
	});
	afterAll(() => {
		// npx and what it started: a negative number is the group.
		if (server?.pid) process.kill(-server.pid, 'SIGKILL');
	});

	it('is what starts it', () => {
		expect(node.trim()).toMatch(wanted ? `v${wanted}` : process.version);
	});

	it('makes a video', async () => {
		const ask = async (path: string, init?: RequestInit) =>
			(await (await fetch(`${address}${path}`, init)).json()) as { id: string; status: string };
		const made = await ask('/v1/videos', {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ prompt: 'a red ball', size: '64x64', num_frames: 4 }),
		});
		const done = await until(60_000, 'the video', async () => {
			const now = await ask(`/v1/videos/${made.id}`);
			return ['queued', 'in_progress'].includes(now.status) ? undefined : now;
		});
		expect(done.status).toBe('completed');
		const content = await fetch(`${address}/v1/videos/${made.id}/content`);
		expect(Buffer.from(await content.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
	});
});
