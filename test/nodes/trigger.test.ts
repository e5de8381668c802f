/** What goes in and out of the Webhook Trigger, on n8n-core's own contexts, with the simulated providers as senders. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { TextToVideoTrigger } from '../../nodes/TextToVideoTrigger/TextToVideoTrigger.node';
import { providerById } from '../../providers/registry';
import { NODE_ID, WEBHOOK_ID, type Sent } from '../support/n8nTrigger';
import {
	callBack,
	deliver,
	jobAt,
	listen,
	receivers,
	rig,
	sim,
	startedJobs,
} from '../support/triggerScene';

const novita = providerById('novita');

describe('the sender gets its answer', () => {
	it('before a slow provider has confirmed, and the workflow starts when it has', async () => {
		await listen(novita);
		const jobId = await jobAt(novita);
		await sim.finish(jobId);
		sim.faults.next('fetch', { kind: 'slow', ms: 1500 });
		const sent = await deliver(jobId);
		expect(sent).toMatchObject({ status: 202, message: 'Received.' });
		expect(sim.book.requests.at(-1)).not.toMatchObject({ call: 'fetch', status: 200 });
		expect(await startedJobs([sent])).toEqual([`${jobId} succeeded`]);
	});

	it('and the job comes without its file where the download fails', async () => {
		await listen(novita, { downloadVideo: true });
		const jobId = await jobAt(novita);
		await sim.finish(jobId);
		const html = {
			kind: 'answer',
			status: 200,
			body: '<html>',
			headers: { 'content-type': 'text/html' },
		} as const;
		sim.faults.next('file', html, { times: 2 });
		const [item] = (await (await deliver(jobId)).started())!;
		expect(item?.binary).toBeUndefined();
		expect(item?.json).toMatchObject({ jobId, status: 'succeeded' });
		expect(String((item?.json.warnings as string[])[0])).toContain(
			'text/html, which is not a video',
		);
	});

	it('503, to try again, where our own credential can not be read', async () => {
		await listen(novita);
		rig.credentials = {};
		Object.defineProperty(rig.credentials, 'textToVideoNovitaApi', {
			enumerable: true,
			get: () => {
				throw new Error('The vault is closed');
			},
		});
		const sent = await rig.send({
			event_type: 'ASYNC_TASK_RESULT',
			payload: { task: { task_id: 'a' } },
		});
		expect(sent).toMatchObject({ status: 503, message: 'Try again later.' });
		expect(await sent.started()).toBeUndefined();
	});
});

describe('what is no message of the provider', () => {
	const event = {
		event_type: 'ASYNC_TASK_RESULT',
		payload: { task: { task_id: 't', status: 'X' } },
	};
	const form = new FormData();
	form.set('event', 'x');
	it.each<[string, number, unknown, Record<string, string>]>([
		['an empty body', 400, '', {}],
		['JSON that is cut off', 400, '{"event_type":"ASYNC', {}],
		['text', 400, 'hello', { 'content-type': 'text/plain' }],
		['bytes that are no UTF-8', 400, new Uint8Array([123, 34, 255, 34, 125]), {}],
		['a list', 400, [1, 2], {}],
		['null', 400, 'null', {}],
		['levels without end', 400, '['.repeat(200_000), {}],
		['our kind without a task', 400, { event_type: 'ASYNC_TASK_RESULT', payload: 7 }, {}],
		['a form', 415, 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }],
		['a form with files', 415, form, { 'content-type': 'multipart/form-data; boundary=x' }],
		['XML', 415, '<event/>', { 'content-type': 'application/xml' }],
		['bytes', 415, 'x', { 'content-type': 'application/octet-stream' }],
		['a gzip body', 415, gzipSync(JSON.stringify(event)), { 'content-encoding': 'gzip' }],
		['a mebibyte and one byte', 413, `"${'x'.repeat(1024 ** 2 - 1)}"`, {}],
	])('%s is refused with %i', async (_name, status, body, headers) => {
		await listen(novita);
		const sent = await rig.send(body, { headers });
		expect(sent.status).toBe(status);
		expect(await sent.started()).toBeUndefined();
		expect(sim.book.requests).toEqual([]);
	});

	it('a message that is too large is told what may be sent', async () => {
		await listen(novita);
		const sent = await rig.send(`"${'x'.repeat(1024 ** 2)}"`);
		expect(sent.message).toBe('The message is larger than 1 MiB.');
	});

	it('another kind of event is acknowledged and ignored', async () => {
		await listen(novita);
		const sent = await rig.send({ event_type: 'BALANCE_LOW', payload: {} });
		expect(sent.status).toBe(200);
		expect(await sent.started()).toBeUndefined();
	});
});

describe('filters', () => {
	const v4 = providerById('stableDiffusionV4');

	it('let only the wanted events through', async () => {
		await listen(v4, { events: ['failed'] });
		const done = await jobAt(v4);
		await sim.finish(done);
		const broken = await jobAt(v4);
		await sim.fail(broken, 'x');
		const sents = [await deliver(done), await deliver(broken)];
		expect(sents.map(({ status }) => status)).toEqual([200, 202]);
		expect(await startedJobs(sents)).toEqual([`${broken} failed`]);
	});

	it('let only the wanted tracking ids through', async () => {
		await listen(v4, { additionalOptions: { trackingIds: 'shop-*, reels-7' } });
		const sents: Sent[] = [];
		for (const track_id of ['shop-1', 'reels-7', 'reels-70', 'blog', undefined]) {
			const jobId = await jobAt(v4, track_id ? { track_id } : {});
			await sim.finish(jobId);
			sents.push(await deliver(jobId));
		}
		expect(sents.map(({ status }) => status)).toEqual([202, 202, 200, 200, 200]);
		const items = await Promise.all(sents.slice(0, 2).map(async (sent) => await sent.started()));
		expect(items.map((item) => item?.[0]?.json.trackingId)).toEqual(['shop-1', 'reels-7']);
	});
});

describe('a test event', () => {
	const testMode = {
		webhook_url: 'http://hooks.example.com/x',
		test_mode_enabled: true,
		test_mode_return_task_status: 'TASK_STATUS_SUCCEED',
	};

	it('about a job that the provider knows starts the workflow, marked', async () => {
		await listen(novita);
		const jobId = await jobAt(novita, testMode);
		await sim.finish(jobId);
		const [item] = (await (await deliver(jobId)).started())!;
		expect(item?.json).toMatchObject({ jobId, status: 'succeeded', testEvent: true });
	});

	it('does not take the place of the real one', async () => {
		await listen(novita);
		const jobId = await jobAt(novita, testMode);
		await sim.finish(jobId);
		const { body } = await callBack(jobId);
		const real = JSON.parse(body) as { payload: { extra: { webhook?: unknown } } };
		const test = structuredClone(real) as never as { payload: { task: { status: string } } };
		test.payload.task.status = 'TASK_STATUS_FAILED';
		delete real.payload.extra.webhook;
		const sents = [await rig.send(test), await rig.send(real), await rig.send(real)];
		const items = await Promise.all(sents.map(async (sent) => (await sent.started())?.[0]?.json));
		expect(items).toMatchObject([
			{ jobId, status: 'succeeded', testEvent: true },
			{ jobId, status: 'succeeded' },
			undefined,
		] as never);
		expect(items[1]).not.toHaveProperty('testEvent');
	});

	const mock = {
		event_type: 'ASYNC_TASK_RESULT',
		payload: {
			extra: { webhook: { test_mode: { enabled: true } } },
			task: { task_id: 'mock-task', status: 'TASK_STATUS_SUCCEED', task_type: 'TXT_TO_VIDEO' },
			videos: [{ video_url: 'https://mock.example.com/v.mp4', video_type: 'mp4' }],
		},
	};

	it('about a job that does not exist starts nothing by itself', async () => {
		await listen(novita);
		const sent = await rig.send(mock);
		expect(sent.status).toBe(202);
		expect(await sent.started()).toBeUndefined();
	});

	it.each([
		['where Test is among the events', { events: ['test'] }, false],
		['while somebody listens in the editor', {}, true],
	])(
		'about a job that does not exist is passed on without its video %s',
		async (_name, parameters, manual) => {
			await listen(novita, parameters);
			const [item] = (await (await rig.send(mock, { manual })).started())!;
			expect(item?.json).toMatchObject({
				jobId: 'mock-task',
				status: 'succeeded',
				testEvent: true,
				videos: [],
				warnings: [expect.stringContaining('does not know this job')],
			});
			expect(JSON.stringify(item)).not.toContain('mock.example.com');
		},
	);
});

describe('the address', () => {
	it('is shown with both random parts, for testing and for production', async () => {
		await listen(novita);
		expect(rig.address()).toBe(`http://127.0.0.1:5678/webhook/${WEBHOOK_ID}/${NODE_ID}`);
		expect(rig.address(true)).toBe(`http://127.0.0.1:5678/webhook-test/${WEBHOOK_ID}/${NODE_ID}`);
	});

	it('can get another secret part', async () => {
		await listen(novita, { additionalOptions: { urlSecret: 'a-new-secret_of-my-own' } });
		await rig.activate();
		expect(rig.address()).toBe(
			`http://127.0.0.1:5678/webhook/${WEBHOOK_ID}/a-new-secret_of-my-own`,
		);
		const jobId = await jobAt(novita);
		await sim.finish(jobId);
		const { body } = await callBack(jobId);
		expect((await rig.send(body, { secret: NODE_ID })).status).toBe(401);
		expect(await startedJobs([await rig.send(body)])).toHaveLength(1);
	});

	it.each(['short', 'with space and / slash here', 'ünïcödé-ünïcödé-ünïcödé'])(
		'is not built from "%s", and the editor says what is allowed',
		async (urlSecret) => {
			await listen(novita, { additionalOptions: { urlSecret } });
			await expect(rig.activate()).rejects.toMatchObject({
				message: expect.stringContaining('Secret Part of the Address'),
				description: expect.stringContaining('at least 16 letters, digits'),
			});
		},
	);

	it('is in no output, though the provider echoes it', async () => {
		await listen(novita, { additionalOptions: { rawPayload: true } });
		const webhook_url = `https://n8n.example.com/webhook/${WEBHOOK_ID}/${NODE_ID}?a=1`;
		const jobId = await jobAt(novita, { webhook_url });
		await sim.finish(jobId);
		const { body } = await callBack(jobId);
		expect(body).toContain(NODE_ID);
		const [item] = (await (await rig.send(body)).started())!;
		const text = JSON.stringify(item);
		expect(text).not.toContain(NODE_ID);
		expect(text).not.toContain(WEBHOOK_ID);
		expect(item?.json.rawPayload).toMatchObject({
			event_type: 'ASYNC_TASK_RESULT',
			payload: { extra: { webhook: { url: 'https://n8n.example.com/webhook/***/***?a=1' } } },
		});
	});
});

describe('in the editor', () => {
	it('the same message can be tried as often as one likes, and is new in production', async () => {
		await listen(novita);
		const jobId = await jobAt(novita);
		await sim.finish(jobId);
		const { body } = await callBack(jobId);
		const sents = [
			await rig.send(body, { manual: true }),
			await rig.send(body, { manual: true }),
			await rig.send(body),
		];
		expect(await startedJobs(sents)).toHaveLength(3);
	});

	it('the field that takes the address is named as Text to Video names it', () => {
		const { properties } = new TextToVideoTrigger().description;
		const notices = properties.filter(({ name }) => name.startsWith('addressNotice'));
		const covered = notices.flatMap(({ displayOptions }) => displayOptions?.show?.provider ?? []);
		expect(covered.sort()).toEqual(receivers.map(({ id }) => id).sort());
		for (const { displayName } of notices)
			expect(displayName).toMatch(/into <b>[^<]*Webhook[^<]*<\/b>/);
	});
});
