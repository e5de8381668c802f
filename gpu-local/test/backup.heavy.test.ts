import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startPostgres } from './support/postgres.ts';
import { runCli, startCli } from './support/process.ts';
import { eventually } from './support/server.ts';

it('with PostgreSQL the videos are packed, and the command says what becomes of the database', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'gpu-local-backup-'));
	const postgres = await startPostgres();
	const env = { DATABASE_URL: postgres.url, GPU_LOCAL_DATA: join(folder, 'data') };
	const server = await startCli(['serve', '--port', '0'], env);
	try {
		const create = await fetch(`${server.url}/v1/videos`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ prompt: 'A boat', size: '64x64', num_frames: 4, fps: 4 }),
		});
		const { id } = (await create.json()) as { id: string };
		await eventually(async () => {
			const reply = await fetch(`${server.url}/v1/videos/${id}/content`);
			return reply.ok ? true : undefined;
		});
		await eventually(async () =>
			(await readdir(join(folder, 'data', 'videos'))).length === 2 ? true : undefined,
		);
		const file = join(folder, 'backup.tar');
		const packed = await runCli(['backup', file], env);
		expect(packed.stderr).toBe('');
		expect(packed.stdout).toContain('holds the videos (1).');
		expect(packed.stdout).toContain('pg_dump');
		const other = { GPU_LOCAL_DATA: join(folder, 'other') };
		const refused = await runCli(['restore', file], other);
		expect(refused.code).toBe(1);
		expect(refused.stderr).toContain('Give the --database-url');
		const restored = await runCli(['restore', file], { ...env, ...other });
		expect(restored.stderr).toBe('');
		expect(restored.stdout).toContain('pg_restore');
		const files = (await readdir(join(folder, 'other', 'videos'))).sort();
		// With its poster.
		expect(files.map((name) => name.split('.')[1])).toEqual(['jpg', 'mp4']);
		expect(files).toEqual((await readdir(join(folder, 'data', 'videos'))).sort());
	} finally {
		await server.stop();
		await postgres.stop();
		await rm(folder, { recursive: true, force: true });
	}
});
