/** An OpenAI Videos server as a provider: its addresses, its signed messages, its lists. */
import { describe, expect, it } from 'vitest';
import { localGpu } from '../../../providers/localGpu';
import { newJob } from '../../../providers/replies/job';

const BASE = { baseUrl: 'http://127.0.0.1:8484' };
const CONTEXT = { ...BASE, nowMs: Date.UTC(2026, 0, 1) };
const JOB = newJob('localGpu', 'video/1', 0);
const reply = (body: unknown, status = 200) => ({ status, headers: {}, body });

it('is a machine of one’s own, whose key may be left out', () => {
	const { id, credential, account, limits, documentationUrl } = localGpu;
	expect({ id, credential, account, limits, documentationUrl }).toStrictEqual({
		id: 'localGpu',
		credential: 'textToVideoLocalGpuApi',
		account: {
			title: 'Local GPU',
			defaultBaseUrl: 'http://127.0.0.1:8484',
			authentication: { kind: 'bearer', optional: true },
			keyHosts: [],
			cloud: false,
		},
		limits: { parallelJobs: 4, typicalSeconds: 60 },
		documentationUrl:
			'https://github.com/text-to-video/n8n-nodes-text-to-video/tree/main/gpu-local#readme',
	});
});

it('signs its messages, tells of progress, and takes a job back', () => {
	const { callback, ...others } = localGpu.capabilities;
	expect(others).toStrictEqual({
		cancel: true,
		progress: true,
		idempotencyHeader: 'Idempotency-Key',
		trackingField: 'track_id',
	});
	expect(callback).toMatchObject({
		...{ field: 'webhook_url', signature: 'standard-webhooks', progress: true },
		eventType: { member: 'type' },
	});
	const ours = (type: string) => callback!.eventType!.ours.test(type);
	expect([ours('video.completed'), ours('my.video.x'), ours('videos')]).toStrictEqual([
		...[true, false, false],
	]);
});

it('is asked at the addresses of the format', () => {
	expect(localGpu.submitCall).toStrictEqual({ method: 'POST', url: '/v1/videos' });
	expect(localGpu.fetchCall(JOB, BASE)).toStrictEqual({
		method: 'GET',
		url: '/v1/videos/video%2F1',
	});
	expect(localGpu.cancelCall!(JOB)).toStrictEqual({
		method: 'DELETE',
		url: '/v1/videos/video%2F1',
	});
});

it('makes jobs of this provider', () => {
	const { job } = localGpu.readSubmit(reply({ id: 'v1', status: 'queued' }), {}, CONTEXT);
	expect(job).toMatchObject({ provider: 'localGpu', jobId: 'v1', status: 'queued' });
});

describe('a message', () => {
	const read = (body: unknown) => localGpu.readCallback!(body, CONTEXT);

	it.each([
		[{ type: 'video.completed', data: { id: 'v1' } }, 'succeeded'],
		[{ type: 'video.failed', data: { id: 'v1' } }, 'failed'],
		[{ type: 'video.in_progress', data: { id: 'v1', progress: 40 } }, 'processing'],
		[{ type: 'video.updated', data: { id: 'v1', status: 'failed' } }, 'failed'],
		[{ type: 'video.failed', data: { id: 'v1', status: '' } }, 'failed'],
	])('%j tells that the job is %s', (body, status) => {
		expect(read(body)?.job).toMatchObject({ provider: 'localGpu', jobId: 'v1', status });
	});

	it('tells of the job whatever it bears', () => {
		const data = { id: 'v1', seed: 7, progress: 40 };
		expect(read({ type: 'video.in_progress', data })?.job).toMatchObject({ seed: 7, progress: 40 });
	});

	it.each([
		[{ type: 'batch.completed', data: { id: 'v1' } }],
		[{ type: 'my.video.completed', data: { id: 'v1' } }],
		[{ type: 7, data: { id: 'v1' } }],
		[{ data: { id: 'v1' } }],
		[{ type: 'video.completed', data: { id: '' } }],
		[{ type: 'video.completed', data: {} }],
		[{ type: 'video.completed', data: 'v1' }],
		[{ type: 'video.completed' }],
		['text'],
		[null],
	])('%j is none of ours', (body) => {
		expect(read(body)).toBeUndefined();
	});
});

describe('a list', () => {
	const { model, lora, textualinversion } = localGpu.modelSearch!;

	it.each([
		['model', model!],
		['lora', lora!],
		['textualinversion', textualinversion!],
	])('of the kind %s is asked for by type', (type, { call }) => {
		const path = { method: 'GET', url: '/v1/models' };
		expect(call(undefined, undefined)).toStrictEqual({ ...path, query: { type } });
		expect(call('wan', undefined)).toStrictEqual({ ...path, query: { type, query: 'wan' } });
		expect(call('', 'p2')).toStrictEqual({ ...path, query: { type, after: 'p2' } });
	});

	it('names each by what is sent, and by what people read where that is told', () => {
		const data = [
			{ id: 'wan', name: 'Wan 2.2', description: 'Text to video' },
			{ id: 'preview', name: '', description: '' },
			{ id: 7 },
			{ id: '' },
			{ name: 'nameless' },
			null,
			'row',
		];
		expect(model!.read(reply({ data }))).toStrictEqual({
			models: [
				{ value: 'wan', label: 'Wan 2.2', description: 'Text to video' },
				{ value: 'preview', label: 'preview' },
				{ value: '7', label: '7' },
			],
		});
	});

	it('that did not come is a failure', () => {
		expect(model!.read(reply({ data: [{ id: 'a' }] }, 299))).toHaveProperty('models.length', 1);
		expect(model!.read(reply({ data: [{ id: 'a' }] }, 300))).toHaveProperty('failure');
		expect(model!.read(reply({ data: {} }))).toHaveProperty('failure');
		expect(model!.read(reply('text'))).toHaveProperty('failure');
	});
});
