import { existsSync } from 'node:fs';
import {
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	symlink,
	truncate,
	writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, extract } from 'tar';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../src/app.ts';
import { backupCommand } from '../src/commands/backup.ts';
import { readConfig } from '../src/commands/config.ts';
import { restoreCommand } from '../src/commands/restore.ts';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';
import type { Json } from './support/json.ts';

const silent = pino({ level: 'silent' });
const SMALL = { size: '64x64', num_frames: 4, fps: 4 };

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'gpu-local-backup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Run = typeof backupCommand;
async function said(command: Run, ...args: string[]): Promise<string> {
	const lines: string[] = [];
	await command(args, {
		env: {},
		out: (text) => void lines.push(text),
		progress: () => undefined,
		onStop: () => undefined,
	});
	return lines.join('\n');
}
const backup = async (...args: string[]) => await said(backupCommand, ...args);
const restore = async (...args: string[]) => await said(restoreCommand, ...args);

/** A server on a folder that is there. */
async function serve(dataFolder: string, ...args: string[]) {
	const config = readConfig(['--port', '0', '--data', dataFolder, ...args], {}, 'server');
	return await startServer(config, silent);
}

describe('a running server', () => {
	let server: TestServer;
	let file: string;
	let done: Json;
	let waiting: Json;
	let bytes: Buffer;

	beforeAll(async () => {
		server = await startTestServer();
		file = join(folder, 'running.tar');
		const { body } = await server.call('POST', '/v1/videos', { prompt: 'A boat', ...SMALL });
		done = await server.finished(body.id);
		bytes = await contentOf(server.url, done.id);
		// Waits for the one engine behind a job that takes its time.
		await server.call('POST', '/v1/videos', { prompt: 'Slow', num_frames: 200, fps: 8 });
		const last = await server.call('POST', '/v1/videos', { prompt: 'Waits', ...SMALL });
		waiting = last.body;
		expect(await backup(file, '--data', server.dataFolder)).toBe(
			`${file} holds the database and the videos (1).`,
		);
	}, 120_000);
	afterAll(() => server.stop());

	const contentOf = async (url: string, id: string): Promise<Buffer> => {
		const reply = await fetch(`${url}/v1/videos/${id}/content`);
		expect(reply.status).toBe(200);
		return Buffer.from(await reply.arrayBuffer());
	};

	it('goes on, and leaves nothing behind in its folder', async () => {
		expect((await server.call('GET', '/readyz')).status).toBe(200);
		const left = (await readdir(server.dataFolder)).filter((name) => /unfinished/.test(name));
		expect(left).toEqual([]);
		expect((await stat(file)).mode & 0o077).toBe(0);
	});

	it('is there again elsewhere, with its videos, links and waiting jobs', async () => {
		const target = join(folder, 'restored');
		expect(await restore(file, '--data', target)).toMatch(
			/: jobs: 3, of which 2 are to be made, videos: 1\.$/,
		);
		const again = await serve(target);
		try {
			expect(await contentOf(again.url, done.id)).toEqual(bytes);
			// Links that were handed out before are good there too.
			const link = new URL(done.url);
			const linked = await fetch(`${again.url}${link.pathname}${link.search}`);
			expect(Buffer.from(await linked.arrayBuffer())).toEqual(bytes);
			const status = await eventually(async () => {
				const reply = await fetch(`${again.url}/v1/videos/${waiting.id}`);
				const { status: now } = (await reply.json()) as { status: string };
				return now === 'completed' ? now : undefined;
			}, 90_000);
			expect(status).toBe('completed');
		} finally {
			await again.stop();
		}
	}, 120_000);

	it('gives it to nobody without the token of its folder, whatever key they have', async () => {
		const path = '/admin/backup';
		expect((await server.call('GET', path)).status).toBe(401);
		const wrong = { authorization: 'Bearer wrong' };
		expect((await server.call('GET', path, undefined, wrong)).status).toBe(401);
		const access = join(server.dataFolder, 'admin.json');
		expect((await stat(access)).mode & 0o077).toBe(0);
	});

	it('is not restored over', async () => {
		await expect(restore(file, '--force', '--data', server.dataFolder)).rejects.toThrow(
			/is in use by process/,
		);
	});

	it('no file is written over', async () => {
		await expect(backup(file, '--data', server.dataFolder)).rejects.toThrow(/is there already/);
	});

	it('a folder with something in it is left alone; when told to, what was there is kept', async () => {
		const target = await mkdtemp(join(folder, 'full-'));
		await writeFile(join(target, 'mine.txt'), 'mine');
		await expect(restore(file, '--data', target)).rejects.toThrow(/is not empty \(mine\.txt\)/);
		expect(await readdir(target)).toEqual(['mine.txt']);
		await restore(file, '--force', '--data', target);
		const before = (await readdir(target)).find((name) => name.startsWith('before-restore-'))!;
		expect(await readFile(join(target, before, 'mine.txt'), 'utf8')).toBe('mine');
		expect(existsSync(join(target, 'database', 'PG_VERSION'))).toBe(true);
	});

	describe('a file that is no good backup', () => {
		/** The backup, unpacked, changed, and packed again. */
		const changed = async (name: string, change: (parts: string) => Promise<void>) => {
			const parts = await mkdtemp(join(folder, 'parts-'));
			await extract({ file, cwd: parts });
			await change(parts);
			const path = join(folder, `${name}.tar`);
			const videos = (await readdir(join(parts, 'videos'))).map((each) => `videos/${each}`);
			await create({ file: path, cwd: parts }, [
				'gpu-local-backup.json',
				'database.tar.gz',
				...videos,
			]);
			return path;
		};
		const refused = async (path: string, words: RegExp) => {
			const target = join(await mkdtemp(join(folder, 'refused-')), 'data');
			await expect(restore(path, '--data', target)).rejects.toThrow(words);
			expect(existsSync(join(target, 'database'))).toBe(false);
		};
		const edit = async (parts: string, change: (manifest: Json) => void) => {
			const path = join(parts, 'gpu-local-backup.json');
			const manifest = JSON.parse(await readFile(path, 'utf8')) as Json;
			change(manifest);
			await writeFile(path, JSON.stringify(manifest));
		};

		it('is no archive', async () => {
			const path = join(folder, 'text.tar');
			await writeFile(path, 'This is a text and no archive. '.repeat(100));
			await refused(path, /is no backup of gpu-local/);
		});

		it('was cut off', async () => {
			const path = join(folder, 'cut.tar');
			await writeFile(path, await readFile(file));
			await truncate(path, Math.floor((await stat(file)).size / 2));
			await refused(path, /is damaged/);
		});

		it('has a changed byte in a video', async () => {
			const whole = await readFile(file);
			const at = whole.indexOf(bytes);
			expect(at).toBeGreaterThan(0);
			whole[at + 100] = whole[at + 100]! ^ 1;
			const path = join(folder, 'byte.tar');
			await writeFile(path, whole);
			await refused(path, /is damaged: videos\/.* is not as it was/);
		});

		it('is of a newer version', async () => {
			const newer = (parts: string) => edit(parts, (manifest) => (manifest.version = 99));
			await refused(await changed('newer', newer), /was made by a newer gpu-local/);
		});

		it('leads out of the folder', async () => {
			await writeFile(join(folder, 'evil.txt'), 'evil');
			const path = join(folder, 'out.tar');
			await create({ file: path, cwd: folder, preservePaths: true }, [
				'../' + folder.split('/').at(-1)! + '/evil.txt',
			]);
			await refused(path, /which is no part of one/);
		});

		it('holds a link', async () => {
			const linked = await changed('link', async (parts) => {
				await rm(join(parts, 'database.tar.gz'));
				await symlink('/etc/passwd', join(parts, 'database.tar.gz'));
			});
			await refused(linked, /"database\.tar\.gz" \(SymbolicLink\)/);
		});
	});
});

describe('a server that does not run', () => {
	it('is packed from its folder, also after a crash', async () => {
		const data = join(folder, 'stopped');
		const server = await serve(data, '--shutdown-seconds', '0');
		await fetch(`${server.url}/v1/videos`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ prompt: 'Slow', num_frames: 200, fps: 8 }),
		});
		const access = await readFile(join(data, 'admin.json'), 'utf8');
		await server.stop();
		expect(existsSync(join(data, 'admin.json'))).toBe(false);
		// As a crash leaves it.
		await writeFile(join(data, 'admin.json'), access);
		const file = join(folder, 'stopped.tar');
		expect(await backup(file, '--data', data)).toMatch(/holds the database and the videos \(0\)/);
		expect(await restore(file, '--data', join(folder, 'again'))).toMatch(
			/jobs: 1, of which 1 are to be made/,
		);
	});

	it('a folder where none ever ran has nothing to pack', async () => {
		await expect(backup(join(folder, 'no.tar'), '--data', join(folder, 'nowhere'))).rejects.toThrow(
			/There is nothing to back up in .*nowhere/,
		);
		expect(existsSync(join(folder, 'no.tar'))).toBe(false);
	});
});
