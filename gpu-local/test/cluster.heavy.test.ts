import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from './support/postgres.ts';
import { runCli, startCli } from './support/process.ts';
import type { CliProcess } from './support/process.ts';
import { eventually } from './support/server.ts';
import { say } from './support/json.ts';
import type { Json } from './support/json.ts';

const JOBS = 200;
/** Two hundred small jobs: starting ffmpeg for each would take longer than all the rest. */
const NO_POSTERS = { GPU_LOCAL_FFMPEG: 'no-ffmpeg' };
const SMALL = { prompt: 'A boat', size: '64x64', num_frames: 4, fps: 8 };
/** What is promised for a cancel, wherever the job is. */

describe('a server and two workers on PostgreSQL', () => {
	let postgres: Awaited<ReturnType<typeof startPostgres>>;
	let folder: string;
	let server: CliProcess;
	const workers: CliProcess[] = [];
	const common = (name: string) => [
		...['--database-url', postgres.url, '--artifacts', join(folder, 'videos')],
		...['--data', join(folder, name), '--webhook-allow', '*'],
	];

	beforeAll(async () => {
		postgres = await startPostgres();
		folder = await mkdtemp(join(tmpdir(), 'gpu-local-cluster-'));
		server = await startCli([
			...['serve', '--no-work', '--port', '0', '--max-queued', '1000'],
			...['--max-queued-per-key', '1000', ...common('server')],
		]);
		for (const name of ['worker-1', 'worker-2']) {
			workers.push(await startCli(['worker', ...common(name)], NO_POSTERS));
		}
	});
	afterAll(async () => {
		for (const each of [...workers, server]) await each?.stop();
		await postgres?.stop();
		await rm(folder, { recursive: true, force: true });
	});

	const call = async (method: string, path: string, body?: object): Promise<Json> => {
		const reply = await fetch(`${server.url}${path}`, {
			method,
			headers: body ? { 'content-type': 'application/json' } : {},
			...(body ? { body: JSON.stringify(body) } : {}),
		});
		return await reply.json();
	};
	const create = (change: object = {}) => call('POST', '/v1/videos', { ...SMALL, ...change });
	const finished = async (id: string) =>
		await eventually(async () => {
			const video = await call('GET', `/v1/videos/${id}`);
			return ['queued', 'in_progress'].includes(video.status) ? undefined : video;
		}, 90_000);

	it(`share ${JOBS} jobs, none twice`, async () => {
		const ids: string[] = [];
		for (let n = 0; n < JOBS; n++) ids.push((await create({ seed: n })).id);
		for (const id of ids) expect((await finished(id)).status).toBe('completed');
		// One file a job: nobody made a job that the other one had made.
		const files = (await readdir(join(folder, 'videos'))).filter((name) => name.endsWith('.mp4'));
		expect(files).toHaveLength(JOBS);
		expect(new Set(files.map((name) => name.split('-')[0])).size).toBe(JOBS);
		const status = await call('GET', '/v1/status');
		expect(status.runners).toHaveLength(2);
		const done = workers.map(
			(worker) => worker.stderr().match(/"msg":"Job completed"/g)?.length ?? 0,
		);
		expect(Math.min(...done)).toBeGreaterThan(0);
		say(`shared: ${done.join(' + ')} (the last part of each log)`);
	});

	it('work a backlog off without pauses', async () => {
		const ids: string[] = [];
		const startedMs = Date.now();
		for (let n = 0; n < 20; n++) ids.push((await create({ seed: n })).id);
		const videos = [];
		for (const id of ids) videos.push(await finished(id));
		const starts = videos.map((video) => video.started_at as number).sort((a, b) => a - b);
		const gaps = starts.slice(1).map((start, index) => start - starts[index]!);
		// A queue that waits for its next look would show here as many seconds.
		expect(Math.max(...gaps)).toBeLessThanOrEqual(2);
		say(`20 jobs in ${Date.now() - startedMs} ms`);
	});

	it.each(['queued', 'rendering'])('cancel a job that is %s', async (stage) => {
		const blockers: string[] = [];
		if (stage === 'queued') {
			for (let n = 0; n < 12; n++) blockers.push((await create({ model: 'preview-slow' })).id);
		}
		const { id } = await create({ model: 'preview-slow' });
		if (stage === 'rendering') {
			await eventually(async () => {
				const video = await call('GET', `/v1/videos/${id}`);
				return video.stage === 'rendering' ? true : undefined;
			}, 60_000);
		}
		const startedMs = performance.now();
		await call('DELETE', `/v1/videos/${id}`);
		expect((await call('GET', `/v1/videos/${id}`)).status).toBe('cancelled');
		for (const blocker of blockers) await call('DELETE', `/v1/videos/${blocker}`);
		// The machine itself is free when it says in its log that it has stopped.
		const short = id.slice('video_'.length, 'video_'.length + 8);
		const isFree = () =>
			stage === 'queued' ||
			workers.some((worker) =>
				worker
					.stderr()
					.split('\n')
					.some((line) => line.includes(short) && line.includes('"msg":"Job stopped"')),
			);
		expect(await eventually(async () => isFree() || undefined)).toBe(true);
		say(`a ${stage} job stopped after ${Math.round(performance.now() - startedMs)} ms`);
	});

	it('give running jobs back when a worker is stopped', async () => {
		const { id } = await create({ model: 'preview-slow' });
		const running = await eventually(async () => {
			const video = await call('GET', `/v1/videos/${id}`);
			return video.status === 'in_progress' ? video : undefined;
		}, 60_000);
		expect(running.status).toBe('in_progress');
		const extra = await startCli(['worker', '--shutdown-seconds', '0', ...common('worker-3')]);
		const mine = (await create({ model: 'preview-slow' })).id;
		await extra.stop();
		await call('DELETE', `/v1/videos/${id}`);
		expect((await finished(mine)).status).toBe('completed');
	});
});

describe('the built-in database', () => {
	it('is refused to a second server, and taken over after a crash', async () => {
		const data = await mkdtemp(join(tmpdir(), 'gpu-local-lock-'));
		const first = await startCli(['serve', '--port', '0', '--data', data]);
		const second = await runCli(['serve', '--port', '0', '--data', data]);
		expect(second.code).toBe(1);
		expect(second.stderr).toMatch(
			new RegExp(`The data folder ${data} is in use by process ${first.child.pid} on `),
		);
		await first.crash();
		const third = await startCli(['serve', '--port', '0', '--data', data]);
		expect(await third.stop()).toBe(0);
		expect(await readdir(data)).not.toContain('server.lock');
		await rm(data, { recursive: true, force: true });
	});

	it('gives the webhook secret out on the command line, and a worker a clear refusal', async () => {
		const data = await mkdtemp(join(tmpdir(), 'gpu-local-secret-'));
		expect(await runCli(['webhook-secret', '--data', data])).toMatchObject({ code: 1 });
		const server = await startCli(['serve', '--port', '0', '--data', data]);
		const { stdout } = await runCli(['webhook-secret', '--data', data]);
		expect(stdout).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/);
		await server.stop();
		const worker = await runCli(['worker', '--data', data]);
		expect(worker).toMatchObject({ code: 1 });
		expect(worker.stderr).toContain('A worker shares its work through PostgreSQL.');
		const doctor = await runCli(['doctor', '--port', '0', '--data', data]);
		expect(doctor).toMatchObject({ code: 0 });
		expect(doctor.stdout).toContain('Everything works.');
		await rm(data, { recursive: true, force: true });
	});
});
