/**
 * The Webhook Trigger on n8n-core's own contexts, behind a real HTTP server, with the simulated providers as senders
 * and as those who are asked.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TextToVideoTrigger } from '../../nodes/TextToVideoTrigger/TextToVideoTrigger.node';
import { sign } from '../../jobs/standardWebhooks';
import type { Provider } from '../../providers/contract';
import { providerById, providers } from '../../providers/registry';
import { smallValues, submit } from '../simulators/client';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { storedBytes } from '../support/n8nCore';
import { credentialsOf } from '../support/n8nNode';
import { NODE_ID, TriggerRig, WEBHOOK_ID, type Sent } from '../support/n8nTrigger';

const TINY_MP4 = readFileSync(join(import.meta.dirname, '..', 'simulators', 'tiny.mp4'));
const receivers = providers.filter(({ abilities }) => abilities.callback);
const unsigned = receivers.filter(({ abilities }) => abilities.callback?.signature === 'none');
const signsFor = (provider: Provider) => provider.abilities.callback?.signature !== 'none';
const novita = providerById('novita');

let sim: Simulator;
let rig: TriggerRig;

beforeEach(async () => {
	sim = await startSimulator({ durationMs: Infinity, autoCallbacks: false });
});
afterEach(async () => {
	await rig?.close();
	await sim.close();
});

async function listen(provider: Provider, parameters: Record<string, unknown> = {}) {
	rig = await TriggerRig.start({
		trigger: new TextToVideoTrigger(),
		parameters: { provider: provider.id, ...parameters },
		credentials: await credentialsOf(provider.id, {
			baseUrl: sim.url,
			apiKey: sim.key,
			webhookSecret: sim.webhookSecret,
		}),
	});
	return rig;
}

/** As after a restart: a process that remembers nothing. */
async function freshTrigger(): Promise<TextToVideoTrigger> {
	vi.resetModules();
	const path = '../../nodes/TextToVideoTrigger/TextToVideoTrigger.node';
	const { TextToVideoTrigger: Fresh } = (await import(path)) as {
		TextToVideoTrigger: typeof TextToVideoTrigger;
	};
	return new Fresh();
}

/** A job at the simulated provider. */
async function jobAt(provider: Provider, more: Record<string, unknown> = {}) {
	const { job } = await submit(sim, provider, { ...smallValues(provider), ...more } as never);
	if (!job) throw new Error(`${provider.id} did not take the job`);
	return job.jobId;
}

/** The provider's own callback, sent to the rig; the last message that came out of the simulator. */
async function callBack(jobId: string, options: Parameters<Simulator['callback']>[1] = {}) {
	const captured: Array<{ body: string; headers: Record<string, string> }> = [];
	const { createServer } = await import('node:http');
	const server = createServer((request, response) => {
		let body = '';
		request.on('data', (part) => (body += part));
		request.on('end', () => {
			captured.push({ body, headers: request.headers as Record<string, string> });
			response.end();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as { port: number };
	await sim.callback(jobId, { ...options, url: `http://127.0.0.1:${port}` });
	server.closeAllConnections();
	server.close();
	const { body, headers } = captured[0]!;
	const signature = Object.entries(headers).filter(([name]) => name.startsWith('webhook-'));
	return { body, headers: Object.fromEntries(signature) };
}

async function deliver(jobId: string, options: Parameters<Simulator['callback']>[1] = {}) {
	const { body, headers } = await callBack(jobId, options);
	return await rig.send(body, { headers });
}

const startedJobs = async (sents: Sent[]) =>
	(await Promise.all(sents.map(async (sent) => await sent.started())))
		.flatMap((items) => items ?? [])
		.map(({ json }) => `${String(json.jobId)} ${String(json.status)}`);

describe.each(receivers.map((provider) => [provider.id, provider] as const))(
	'%s',
	(_id, provider) => {
		it('starts the workflow with the finished job, once, though the message comes five times', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const message = await callBack(jobId);
			const sents: Sent[] = [];
			for (let time = 0; time < 5; time += 1) sents.push(await rig.send(message.body, message));
			expect(sents.map(({ status }) => status)).toEqual([202, 200, 200, 200, 200]);
			expect(await startedJobs(sents)).toEqual([`${jobId} succeeded`]);
			const [item] = (await sents[0]!.started())!;
			expect(item?.json).toMatchObject({
				provider: provider.id,
				jobId,
				status: 'succeeded',
				videos: [{ url: expect.stringMatching(/^http/), mimeType: 'video/mp4' }],
			});
			expect(item?.json).not.toHaveProperty('error');
		});

		it('lets five at the same moment through once', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const message = await callBack(jobId);
			const sents = await Promise.all(
				Array.from({ length: 5 }, async () => await rig.send(message.body, message)),
			);
			expect(await startedJobs(sents)).toEqual([`${jobId} succeeded`]);
		});

		it('starts the workflow with a failed job and its reason', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.fail(jobId, 'The model ran out of memory');
			const [item] = (await (await deliver(jobId)).started())!;
			expect(item?.json).toMatchObject({ jobId, status: 'failed' });
			expect(JSON.stringify(item?.json.failure)).toContain('The model ran out of memory');
		});

		it('forgets nothing over a restart of n8n', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const message = await callBack(jobId);
			await (await rig.send(message.body, message)).started();
			rig.trigger = await freshTrigger();
			const again = await rig.send(message.body, message);
			expect(again).toMatchObject({ status: 200, message: 'This message was received before.' });
			expect(await again.started()).toBeUndefined();
		});

		it('gives nothing away to a sender who does not know the whole address', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const { body, headers } = await callBack(jobId);
			for (const secret of ['wrong', NODE_ID.slice(0, -1), `${NODE_ID}x`, WEBHOOK_ID, '%', '%00']) {
				const sent = await rig.send(body, { headers, secret });
				expect(sent).toMatchObject({ status: 401, message: 'Unauthorized' });
				expect(await sent.started()).toBeUndefined();
			}
			expect(await startedJobs([await rig.send(body, { headers })])).toHaveLength(1);
		});

		it('does not take the messages of other providers', async () => {
			await listen(provider);
			const family = (id: string) => (/^(stableDiffusion|modelslab)/.test(id) ? 'sd' : id);
			for (const other of receivers.filter(({ id }) => family(id) !== family(provider.id))) {
				const jobId = await jobAt(other);
				await sim.finish(jobId);
				const { body, headers } = await callBack(jobId);
				const signed = signsFor(provider) ? signedHeaders(body) : headers;
				const sent = await rig.send(body, { headers: signed });
				// Acknowledged at most: nothing of it reaches the workflow.
				expect([200, 400]).toContain(sent.status);
				expect(await sent.started()).toBeUndefined();
			}
		});

		it('ignores an old "processing" that arrives after the end', async () => {
			await listen(provider, { events: ['progress', 'succeeded', 'failed'] });
			const jobId = await jobAt(provider);
			const running = await callBack(jobId, {
				as: { status: 'processing', progress: 40, etaSeconds: 10 },
			});
			await sim.finish(jobId);
			const sents = [await deliver(jobId), await rig.send(running.body, running)];
			expect(sents[1]).toMatchObject({ status: 200, message: `Job ${jobId} has ended already.` });
			expect(await startedJobs(sents)).toEqual([`${jobId} succeeded`]);
		});

		it('downloads the video where asked, after the sender has its answer', async () => {
			await listen(provider, { downloadVideo: true });
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			sim.faults.next('file', { kind: 'slow', ms: 300 });
			const sent = await deliver(jobId);
			expect(sent.status).toBe(202);
			const [item] = (await sent.started())!;
			expect(item?.json.jobId).toBe(jobId);
			expect(item?.binary?.data).toMatchObject({ mimeType: 'video/mp4', fileExtension: 'mp4' });
			expect((await storedBytes(item!.binary!.data!)).equals(TINY_MP4)).toBe(true);
		});
	},
);

const signedHeaders = (
	body: string,
	{ id = 'msg_1', secret = sim.webhookSecret, ageSeconds = 0 } = {},
) => {
	const seconds = Math.floor(Date.now() / 1000) - ageSeconds;
	return {
		'webhook-id': id,
		'webhook-timestamp': String(seconds),
		'webhook-signature': sign(secret, id, seconds, body),
	};
};

describe('a sender that signs', () => {
	const localGpu = providerById('localGpu');
	const event = JSON.stringify({
		type: 'video.completed',
		data: { id: 'video_123', object: 'video', status: 'completed', progress: 100 },
	});
	const OTHER = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

	it('is believed by its signature alone', async () => {
		await listen(localGpu);
		const sent = await rig.send(event, { headers: signedHeaders(event) });
		expect(await startedJobs([sent])).toEqual(['video_123 succeeded']);
		expect(sim.book.requests).toEqual([]);
	});

	it.each([
		['no signature', () => ({})],
		['a foreign one', () => signedHeaders(event, { secret: OTHER })],
		['one for another body', () => signedHeaders(`${event} `)],
		['one that is too old', () => signedHeaders(event, { ageSeconds: 301 })],
		['one from the future', () => signedHeaders(event, { ageSeconds: -302 })],
	])('is refused with %s', async (_name, headers) => {
		await listen(localGpu);
		const sent = await rig.send(event, { headers: headers() });
		expect(sent).toMatchObject({ status: 401, message: 'Unauthorized' });
		expect(await sent.started()).toBeUndefined();
	});

	it('may change its secret while both are in the credential', async () => {
		await listen(localGpu);
		rig.credentials = await credentialsOf('localGpu', {
			baseUrl: sim.url,
			webhookSecret: `${OTHER}  ${sim.webhookSecret}`,
		});
		const old = await rig.send(event, { headers: signedHeaders(event, { secret: OTHER }) });
		const next = event.replace('video_123', 'video_124');
		const sents = [old, await rig.send(next, { headers: signedHeaders(next, { id: 'msg_2' }) })];
		expect(await startedJobs(sents)).toEqual(['video_123 succeeded', 'video_124 succeeded']);
	});

	it('is refused where the credential has no secret, and the editor says what is missing', async () => {
		await listen(localGpu);
		for (const credentials of [
			await credentialsOf('localGpu', { baseUrl: sim.url, webhookSecret: ' ' }),
			{},
		]) {
			rig.credentials = credentials;
			const sent = await rig.send(event, { headers: signedHeaders(event) });
			expect(sent).toMatchObject({ status: 401, message: 'Unauthorized' });
			expect(await sent.started()).toBeUndefined();
			await expect(rig.activate()).rejects.toMatchObject({
				message:
					'The credential for Local GPU has no Webhook Secret, so no message could be trusted.',
				description: expect.stringContaining('Webhook Secret'),
			});
		}
	});

	it('tells of progress where that is wanted', async () => {
		await listen(localGpu, { events: ['progress'] });
		const jobId = await jobAt(localGpu);
		const as = (progress: number) => ({
			as: { status: 'processing' as const, progress, etaSeconds: 9 },
		});
		const sents = [await deliver(jobId, as(30)), await deliver(jobId, as(60))];
		const steps = await Promise.all(sents.map(async (sent) => (await sent.started())?.[0]?.json));
		expect(steps).toMatchObject([{ progress: 30 }, { progress: 60 }]);
		await sim.finish(jobId);
		const end = await deliver(jobId);
		expect(end.status).toBe(200);
		expect(await end.started()).toBeUndefined();
	});
});

describe.each(unsigned.map((provider) => [provider.id, provider] as const))(
	'a sender that does not sign: %s',
	(_id, provider) => {
		it('is not believed: the output is what the provider says', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const [item] = (await (await deliver(jobId, { forged: true })).started())!;
			expect(item?.json).toMatchObject({ jobId, status: 'succeeded' });
			expect(JSON.stringify(item?.json)).not.toContain('forged.example.com');
		});

		it('starts nothing by claiming an end that has not come, and does not spoil the real one', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			const forged = await deliver(jobId, { forged: true });
			expect(forged.status).toBe(202);
			expect(await forged.started()).toBeUndefined();
			await sim.finish(jobId);
			expect(await startedJobs([await deliver(jobId)])).toEqual([`${jobId} succeeded`]);
		});

		it('starts nothing about a job that the provider does not know', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const { body } = await callBack(jobId);
			const sent = await rig.send(body.replaceAll(jobId, '404404'));
			expect(await sent.started()).toBeUndefined();
		});

		it('is believed as it is where the user turned the confirmation off', async () => {
			await listen(provider, { confirmWithProvider: false });
			const jobId = await jobAt(provider);
			const asked = sim.book.requests.length;
			const [item] = (await (await deliver(jobId, { forged: true })).started())!;
			expect(JSON.stringify(item?.json)).toContain('forged.example.com');
			expect(sim.book.requests).toHaveLength(asked);
		});
	},
);

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
		for (const { displayName } of notices) expect(displayName).toMatch(/<b>[^<]*Webhook[^<]*<\/b>/);
	});
});
