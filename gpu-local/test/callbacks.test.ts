import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWebhookSecret } from '../src/callbacks/secrets.ts';
import { nextStep } from '../src/callbacks/schedule.ts';
import { startReceiver } from './support/receiver.ts';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';
import type { Json } from './support/json.ts';

const SMALL = { prompt: 'A boat', size: '64x64', num_frames: 2, track_id: 'mine' };

describe('callbacks', () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startTestServer(['--webhook-allow', '127.0.0.1']);
	});
	afterAll(() => server.stop());

	const create = async (url: string, change: object = {}) =>
		(await server.call('POST', '/v1/videos', { ...SMALL, webhook: { url }, ...change })).body;
	const logOf = async (id: string) =>
		(await server.call('GET', `/v1/videos/${id}/callbacks`)).body.data;

	it('are signed, and carry the whole job', async () => {
		const receiver = await startReceiver();
		const video = await create(`${receiver.url}/hook?token=1`);
		const { path, headers, raw, body } = await receiver.nth(1);
		expect(path).toBe('/hook?token=1');
		expect(body).toMatchObject({
			object: 'event',
			type: 'video.completed',
			data: { id: video.id, status: 'completed', track_id: 'mine' },
		});
		expect((await fetch(body.data.url)).status).toBe(200);
		// Checked by hand, as any receiver would, over the bytes as they came.
		const secret = (await readWebhookSecret(server.dataFolder))!;
		const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
		const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${raw}`;
		const signature = createHmac('sha256', key).update(signed).digest('base64');
		expect(headers['webhook-signature']).toBe(`v1,${signature}`);
		const [delivery] = await eventually(async () => {
			const log = await logOf(video.id);
			return log[0]?.status === 'delivered' ? log : undefined;
		});
		expect(delivery).toMatchObject({ attempts: 1, log: [{ status: 200 }] });
		await receiver.stop();
	});

	it.each([
		['a failed job', { model: 'preview-fail' }, 'video.failed'],
		['a cancelled job', { model: 'preview-slow' }, 'video.cancelled'],
	])('tell of %s', async (_what, change, type) => {
		const receiver = await startReceiver();
		const { id } = await create(receiver.url, change);
		if (type === 'video.cancelled') await server.call('DELETE', `/v1/videos/${id}`);
		const { body } = await receiver.nth(1);
		expect(body).toMatchObject({ type, data: { id, error: {} } });
		await receiver.stop();
	});

	it('are sent again, with the same id and the same bytes, until they are taken', async () => {
		const receiver = await startReceiver((nth) => ({ status: nth === 1 ? 500 : 204 }));
		const { id } = await create(receiver.url);
		const first = await receiver.nth(1);
		const second = await receiver.nth(2);
		expect(second.raw).toBe(first.raw);
		expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
		const [delivery] = await eventually(async () => {
			const log = await logOf(id);
			return log[0]?.status === 'delivered' ? log : undefined;
		});
		expect(delivery.log.map(({ status }: Json) => status)).toEqual([500, 204]);
		await receiver.stop();
	});

	it('do not follow redirects', async () => {
		const other = await startReceiver();
		const receiver = await startReceiver(() => ({
			status: 302,
			headers: { location: other.url },
		}));
		const { id } = await create(receiver.url);
		await receiver.nth(1);
		const [delivery] = await eventually(async () => {
			const log = await logOf(id);
			return log[0]?.attempts > 0 ? log : undefined;
		});
		expect(delivery).toMatchObject({ status: 'pending', log: [{ status: 302 }] });
		expect(other.received).toEqual([]);
		await receiver.stop();
		await other.stop();
	});

	it('end where the receiver says that it is gone, for all jobs from before that', async () => {
		let gone = true;
		const receiver = await startReceiver(() => ({ status: gone ? 410 : 200 }));
		const { body: running } = await server.call('POST', '/v1/videos', {
			...SMALL,
			model: 'preview-slow',
		});
		const before = await create(receiver.url, { model: 'preview-slow' });
		const first = await create(receiver.url, { model: 'preview-slow' });
		await server.call('POST', `/v1/videos/${first.id}/cancel`);
		await eventually(async () => {
			const [delivery] = await logOf(first.id);
			return delivery?.status === 'failed' || undefined;
		});
		await server.call('POST', `/v1/videos/${before.id}/cancel`);
		expect(await logOf(before.id)).toMatchObject([
			{
				status: 'disabled',
				attempts: 0,
				log: [{ error: expect.stringContaining('410 Gone') }],
			},
		]);
		expect(receiver.received).toHaveLength(1);
		await server.call('POST', `/v1/videos/${running.id}/cancel`);

		gone = false;
		const later = await create(receiver.url);
		expect(later.warnings).toEqual([
			expect.stringMatching(/answered 410 Gone at 20.* For this job it is called again\./),
		]);
		expect((await receiver.nth(2)).body.data.id).toBe(later.id);
		expect((await create(receiver.url)).warnings).toEqual([]);
		await receiver.stop();
	});

	it('to a receiver that never answers hold up nobody else', async () => {
		const hanging = createServer(() => undefined);
		await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
		const { port } = hanging.address() as AddressInfo;
		const receiver = await startReceiver();
		// Novita's test mode ends its jobs at once.
		const mock = async (url: string) =>
			await server.call('POST', '/v3/async/txt2video', {
				extra: {
					webhook: {
						url,
						test_mode: { enabled: true, return_task_status: 'TASK_STATUS_SUCCEED' },
					},
				},
				...{ model_name: 'x', width: 512, height: 512, steps: 20 },
				prompts: [{ prompt: 'A boat', frames: 16 }],
			});
		for (let n = 0; n < 100; n++) await mock(`http://127.0.0.1:${port}/${n}`);
		await mock(receiver.url);
		// Long before the first of the others is given up.
		expect(await eventually(async () => receiver.received[0], 10_000)).toBeDefined();
		hanging.closeAllConnections();
		hanging.close();
		await receiver.stop();
	}, 60_000);

	it('of Novita come in its envelope, of Stable Diffusion API with the tracking id', async () => {
		const receiver = await startReceiver();
		await server.call('POST', '/api/v4/dreambooth/text2video', {
			key: '',
			model_id: 'midjourney',
			prompt: 'A boat',
			width: '64',
			height: '64',
			num_inference_steps: '30',
			enhance_prompt: 'no',
			webhook: `${receiver.url}/sd`,
			track_id: 'mine',
		});
		expect((await receiver.nth(1)).body).toMatchObject({
			status: 'success',
			track_id: 'mine',
			id: expect.any(Number),
			output: [expect.stringMatching(/^http/)],
			meta: { prompt: 'A boat', model_id: 'preview', W: 64, H: 64, num_frames: 40 },
		});
		await receiver.stop();
	});

	it.each([
		['TASK_STATUS_SUCCEED', 1],
		['TASK_STATUS_FAILED', 0],
	])('of Novita’s test mode are mock events: %s', async (status, videos) => {
		const receiver = await startReceiver();
		const { body } = await server.call('POST', '/v3/async/txt2video', {
			extra: {
				webhook: {
					url: receiver.url,
					test_mode: { enabled: true, return_task_status: status },
				},
			},
			model_name: 'x',
			width: 512,
			height: 512,
			steps: 20,
			prompts: [{ prompt: 'A boat', frames: 16 }],
		});
		const { body: event } = await receiver.nth(1);
		expect(event).toMatchObject({
			event_type: 'ASYNC_TASK_RESULT',
			payload: {
				task: { task_id: body.task_id, status, task_type: 'TXT_TO_VIDEO' },
				extra: { webhook: { test_mode: { enabled: true } } },
				images: [],
			},
		});
		expect(event.payload.videos).toHaveLength(videos);
		await receiver.stop();
	});
});

describe('the schedule of attempts', () => {
	it('goes on for days, and then gives up', () => {
		const steps = Array.from({ length: 10 }, (_unused, before) => {
			const verdict = nextStep({ status: 500 }, before + 1, 0);
			return verdict.kind === 'retry' ? verdict.afterSeconds : verdict.kind;
		});
		const waits = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400];
		expect(steps).toEqual([...waits, 'give-up']);
	});

	it.each([
		[{ status: 204 }, { kind: 'delivered' }],
		[{ status: 410 }, { kind: 'disable' }],
		[{ error: 'no', refused: true }, { kind: 'give-up' }],
		[
			{ status: 503, retryAfterSeconds: 60 },
			{ kind: 'retry', afterSeconds: 60 },
		],
		[
			{ status: 429, retryAfterSeconds: 1e9 },
			{ kind: 'retry', afterSeconds: 86400 },
		],
		[{ error: 'nothing listens' }, { kind: 'retry', afterSeconds: 5 }],
	])('%j is %j', (outcome, verdict) => {
		expect(nextStep(outcome, 1, 0)).toEqual(verdict);
	});
});
