/** A data folder that version 0.1.0 left behind at a kill -9 is opened, migrated and worked off by the server of today. */
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startReceiver } from './support/receiver.ts';
import { startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';
import { inspect } from './support/video.ts';

const FIXTURE = join(import.meta.dirname, '../../test/fixtures/0.1.0/gpu-local');
/** The fixture's files were kept for a hundred years; its history shall be too. */
const KEEP = ['--keep-days', '36500', '--history-days', '36500'];

let jobs: Record<string, string>;
let folder: string;
let server: TestServer;
let secret: string;

beforeAll(async () => {
	jobs = JSON.parse(await readFile(join(FIXTURE, 'jobs.json'), 'utf8'));
	folder = await mkdtemp(join(tmpdir(), 'gpu-local-upgrade-'));
	const archive = join(folder, 'data.tar');
	await writeFile(archive, brotliDecompressSync(await readFile(join(FIXTURE, 'data.tar.br'))));
	execFileSync('tar', ['-xf', 'data.tar'], { cwd: folder });
	await rm(archive);
	secret = await readFile(join(folder, 'webhook-secret'), 'utf8');
	server = await startTestServer(['--data', folder, '--webhook-allow', '*', ...KEEP]);
}, 60_000);
afterAll(async () => {
	await server?.stop();
	await rm(folder, { recursive: true, force: true });
});

const video = async (name: string) =>
	(await server.call('GET', `/v1/videos/${jobs[name]}`)).body as Record<string, unknown>;
const file = async (url: string) => {
	const reply = await fetch(new URL(new URL(url).pathname + new URL(url).search, server.url));
	return await inspect(await reply.arrayBuffer());
};

it('goes on with the job that was cut off, and lets it be cancelled', async () => {
	expect((await video('running')).status).toMatch(/^(queued|in_progress)$/);
	await server.call('DELETE', `/v1/videos/${jobs.running}`);
	expect(await server.finished(jobs.running!)).toMatchObject({ status: 'cancelled' });
});

it('has every job, in its state', async () => {
	const { body } = await server.call('GET', '/v1/videos?limit=100');
	expect((body as { data: unknown[] }).data).toHaveLength(9);
	expect(await video('succeeded')).toMatchObject({ status: 'completed', prompt: 'A red kite' });
	expect(await video('failed')).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
	expect(await video('cancelled')).toMatchObject({ status: 'cancelled' });
});

it('serves the files that were made, in every dialect', async () => {
	const made = await fetch(`${server.url}/v1/videos/${jobs.succeeded}/content`);
	expect(await inspect(await made.arrayBuffer())).toMatchObject({ width: 128, frames: 8 });
	const v5 = await server.call('POST', `/api/v3/fetch/${jobs.stableDiffusionV5}`, { key: 'x' });
	expect(v5.body).toMatchObject({ status: 'success' });
	expect((await file(v5.body.output[0])).frames).toBeGreaterThan(0);
	const novita = await server.call('GET', `/v3/async/task-result?task_id=${jobs.novita}`);
	expect(novita.body).toMatchObject({ task: { status: 'TASK_STATUS_SUCCEED' } });
	expect(await file(novita.body.videos[0].video_url)).toMatchObject({ width: 256, frames: 8 });
});

it('makes the videos that were in line', async () => {
	expect(await server.finished(jobs.queued!)).toMatchObject({ status: 'completed' });
	const made = await fetch(`${server.url}/v1/videos/${jobs.queued}/content`);
	expect(await inspect(await made.arrayBuffer())).toMatchObject({ width: 128, frames: 8 });
	const id = jobs.queuedStableDiffusionV4;
	let fetched;
	do fetched = (await server.call('POST', `/api/v3/dreambooth/fetch/${id}`, { key: 'x' })).body;
	while (fetched.status === 'processing');
	expect(fetched).toMatchObject({ status: 'success' });
});

it('goes on delivering callbacks, and keeps what became of the others', async () => {
	const deliveries = async (name: string) =>
		(await server.call('GET', `/v1/videos/${jobs[name]}/callbacks`)).body;
	const firstAttempt = expect.objectContaining({ status: 500 }) as unknown;
	expect(await deliveries('succeeded')).toMatchObject({ data: [{ status: 'delivered' }] });
	expect(await deliveries('failed')).toMatchObject({ data: [{ status: 'failed' }] });
	expect(await deliveries('succeededUntold')).toMatchObject({
		data: [{ status: 'pending', log: expect.arrayContaining([firstAttempt]) as unknown }],
	});
});

it('signs with the secret that was made then', async () => {
	const receiver = await startReceiver();
	await server.call('POST', '/v1/videos', {
		...{ prompt: 'After the upgrade', size: '128x96', num_frames: 8, fps: 8 },
		webhook: { url: receiver.url },
	});
	const { headers, raw } = await receiver.nth(1);
	await receiver.stop();
	const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${raw}`;
	const key = Buffer.from(secret.trim().replace('whsec_', ''), 'base64');
	const signature = createHmac('sha256', key).update(signed).digest('base64');
	expect(headers['webhook-signature']).toBe(`v1,${signature}`);
});
