import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile, access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../src/app.ts';
import { openS3Store } from '../src/artifacts/s3Store.ts';
import { backupCommand } from '../src/commands/backup.ts';
import { readConfig } from '../src/commands/config.ts';
import { restoreCommand } from '../src/commands/restore.ts';
import { eventually, startTestServer } from './support/server.ts';
import { inspect } from './support/video.ts';
import { freePort } from '../../scripts/n8n-host/preflight';

/** Fetched from npm when the test runs: too many packages for a dependency of ours. */
const S3_SERVER = 's3rver@3.7.1';
const NAME = `${'0'.repeat(32)}-${'1'.repeat(16)}.mp4`;

describe('an S3 server', () => {
	let folder: string;
	let server: ChildProcess;
	let env: Record<string, string>;

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'gpu-local-s3-'));
		const port = await freePort();
		server = spawn(
			'npx',
			[
				'-y',
				S3_SERVER,
				'-d',
				folder,
				'-a',
				'127.0.0.1',
				'-p',
				String(port),
				'--configure-bucket',
				'videos',
			],
			{ stdio: 'ignore', detached: true, cwd: folder },
		);
		const endpoint = `http://127.0.0.1:${port}`;
		env = {
			AWS_ACCESS_KEY_ID: 'S3RVER',
			AWS_SECRET_ACCESS_KEY: 'S3RVER',
			AWS_ENDPOINT_URL_S3: endpoint,
		};
		await eventually(
			async () =>
				await fetch(endpoint).then(
					() => true,
					() => undefined,
				),
			110_000,
		);
	});
	afterAll(async () => {
		if (server.pid) process.kill(-server.pid);
		await rm(folder, { recursive: true, force: true });
	});

	it('keeps, reads in parts and removes files', async () => {
		const store = openS3Store('s3://videos/some/prefix', env);
		const path = join(folder, 'made.mp4');
		await writeFile(path, '0123456789');
		await store.put(path, NAME, 'video/mp4');
		await expect(access(path)).rejects.toThrow();
		expect(await text((await store.open(NAME))!)).toBe('0123456789');
		expect(await text((await store.open(NAME, { start: 2, end: 4 }))!)).toBe('234');
		await store.check();
		await store.remove(NAME);
		expect(await store.open(NAME)).toBeUndefined();
		await store.remove(NAME);
	});

	it('refuses a wrong key, and the store says so', async () => {
		const store = openS3Store('s3://videos', { ...env, AWS_ACCESS_KEY_ID: 'wrong' });
		const path = join(folder, 'refused.mp4');
		await writeFile(path, 'x');
		await expect(store.put(path, NAME, 'video/mp4')).rejects.toThrow(/answered 403/);
		await expect(store.check()).rejects.toThrow(/answered 403/);
	});

	it('holds the videos of a server', async () => {
		const gpu = await startTestServer(['--artifacts', 's3://videos/made'], env);
		const { body } = await gpu.call('POST', '/v1/videos', {
			prompt: 'A boat',
			size: '64x64',
			num_frames: 4,
		});
		const done = await gpu.finished(body.id);
		const file = await fetch(done.url);
		expect(await inspect(await file.arrayBuffer())).toMatchObject({ width: 64, frames: 4 });
		const part = await fetch(done.url, { headers: { range: 'bytes=4-7' } });
		expect(part.status).toBe(206);
		expect(await part.text()).toBe('ftyp');
		await gpu.call('DELETE', `/v1/videos/${body.id}`);
		expect((await fetch(done.url)).status).toBe(404);
		await gpu.stop();
	});

	it('holds the videos of a backup, which takes them along when it is told to', async () => {
		const gpu = await startTestServer(['--artifacts', 's3://videos/kept'], env);
		const { body } = await gpu.call('POST', '/v1/videos', {
			prompt: 'A boat',
			size: '64x64',
			num_frames: 4,
		});
		const { url } = await gpu.finished(body.id);
		const bytes = await (await fetch(url)).bytes();
		const place = ['--data', gpu.dataFolder, '--artifacts', 's3://videos/kept'];
		const without = join(folder, 'without.tar');
		expect(await said(backupCommand, without, ...place)).toMatch(
			/holds the database and no videos\.[^]*lie at s3:\/\/videos\/kept[^]*--with-videos/,
		);
		const whole = join(folder, 'whole.tar');
		expect(await said(backupCommand, whole, '--with-videos', ...place)).toBe(
			`${whole} holds the database and the videos (1).`,
		);
		await gpu.stop();
		const data = join(folder, 'restored');
		expect(await said(restoreCommand, whole, '--data', data)).toMatch(/videos: 1\.$/);
		const config = readConfig(['--port', '0', '--data', data], {}, 'server');
		const again = await startServer(config, pino({ level: 'silent' }));
		const link = new URL(url);
		const file = await fetch(`${again.url}${link.pathname}${link.search}`);
		expect(await file.bytes()).toEqual(bytes);
		await again.stop();
		const moved = join(folder, 'moved.tar');
		expect(await said(backupCommand, moved, '--with-videos', '--data', data)).toContain(
			'the videos (1)',
		);
		const bucket = ['--data', join(folder, 'bucket'), '--artifacts', 's3://videos/again'];
		await said(restoreCommand, moved, ...bucket);
		const store = openS3Store('s3://videos/again', env);
		const name = link.pathname.split('/').at(-1)!;
		expect(await buffer((await store.open(name))!)).toEqual(Buffer.from(bytes));
	});

	const said = async (command: typeof backupCommand, ...args: string[]): Promise<string> => {
		const lines: string[] = [];
		await command(args, {
			env,
			out: (line) => void lines.push(line),
			progress: () => undefined,
			onStop: () => undefined,
		});
		return lines.join('\n');
	};
});
