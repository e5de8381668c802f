/** The local executor as people get it: what is in the tarball, and that it answers and makes a video from there. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readyAddress } from '../support/readyAddress';
import { packTarball, unpackTarball } from '../support/tarball';

const root = resolve(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'pack-gpu-local-'));
const cli = join(folder, 'package', 'dist', 'cli.js');

let files: string[];
let server: ChildProcess | undefined;

beforeAll(() => {
	execFileSync(process.execPath, [join(root, 'gpu-local', 'build.mjs')], { cwd: root });
	const tarball = packTarball(folder, 'gpu-local');
	files = tarball.files;
	unpackTarball(tarball, folder);
	// npm would put the dependencies there; these are the same ones.
	symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
}, 240_000);
afterAll(() => {
	server?.kill('SIGKILL');
	rmSync(folder, { recursive: true, force: true });
});

describe('the tarball of the local executor', () => {
	it('holds the program, its page, the worker and the documents, and nothing else', () => {
		const others = files.filter(
			(path) =>
				!/^(LICENSE|README\.md|package\.json)$/.test(path) &&
				!/^dist\/(cli|preview-thread|database-thread)\.js$/.test(path) &&
				// What a command loads when it needs it.
				!/^dist\/\w+-[A-Z0-9]{8}\.js$/.test(path) &&
				// A new database, unpacked at the first start.
				!/^dist\/database-[\d.]+\.tar\.gz$/.test(path) &&
				!/^dist\/page\/[\w.]+\.(html|js|css)$/.test(path) &&
				!/^docs\/[\w-]+\.(md|png)$/.test(path) &&
				!/^worker\/(README\.md|pyproject\.toml|[\w.-]+\.lock)$/.test(path) &&
				!/^worker\/text_to_video_worker\/.+\.(py|json)$/.test(path),
		);
		expect(others).toEqual([]);
		expect(files).toEqual(
			expect.arrayContaining([
				'LICENSE',
				'README.md',
				'dist/cli.js',
				expect.stringMatching(/^dist\/database-[\d.]+\.tar\.gz$/),
				'dist/page/index.html',
				'worker/text_to_video_worker/__main__.py',
			]),
		);
	});

	it('starts, takes a job and gives a video', async () => {
		mkdirSync(join(folder, 'data'));
		server = spawn(
			process.execPath,
			[cli, 'serve', '--port', '0', '--data', join(folder, 'data')],
			{ stdio: ['ignore', 'pipe', 'ignore'] },
		);
		const address = await readyAddress(server);
		const made = (await (
			await fetch(`${address}/v1/videos`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ prompt: 'a red ball', size: '64x64', num_frames: 4 }),
			})
		).json()) as { id: string; status: string };
		let { status } = made;
		while (status === 'queued' || status === 'in_progress') {
			await new Promise((done) => setTimeout(done, 200));
			const reply = await fetch(`${address}/v1/videos/${made.id}`);
			({ status } = (await reply.json()) as { status: string });
		}
		expect(status).toBe('completed');
		const content = await fetch(`${address}/v1/videos/${made.id}/content`);
		expect(content.headers.get('content-type')).toBe('video/mp4');
		expect(Buffer.from(await content.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
	});
});
