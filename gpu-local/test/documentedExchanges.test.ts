import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';

/** Requests as the providers' documents show them, word for word; replies must have the documented members. */
describe('documented exchanges', () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startTestServer();
	});
	afterAll(() => server.stop());

	const V4 = {
		key: '',
		model_id: 'your_model_id',
		prompt: 'a cat sitting on a bench',
		negative_prompt: null,
		width: '512',
		height: '512',
		scheduler: null,
		num_inference_steps: '30',
		enhance_prompt: 'yes',
		guidance_scale: 7.5,
		strength: 0.7,
		seed: null,
		webhook: null,
		track_id: null,
	};

	it('Stable Diffusion API v4: submit, processing, both ways to fetch', async () => {
		const { status, body } = await server.call('POST', '/api/v4/dreambooth/text2video', V4);
		expect(status).toBe(200);
		expect(body).toMatchObject({
			status: 'processing',
			tip: expect.any(String),
			eta: expect.any(Number),
			messege: 'Try to fetch request after given estimated time',
			fetch_result: `${server.url}/api/v3/dreambooth/fetch/${body.id}`,
			id: expect.any(Number),
			output: [],
			meta: {
				prompt: expect.stringContaining('a cat sitting on a bench'),
				negative_prompt: null,
				W: 512,
				H: 512,
				guidance_scale: 7.5,
				steps: 30,
				seconds: 5,
				num_frames: 40,
				seed: expect.any(Number),
			},
		});
		const done = await eventually(async () => {
			const reply = await server.call('POST', `/api/v3/dreambooth/fetch/${body.id}`, { key: '' });
			if (reply.body.status === 'success') return reply.body;
			expect(reply.body).toMatchObject({
				status: 'processing',
				messege: 'try again later.',
				output: '',
			});
			return undefined;
		});
		expect(done).toMatchObject({
			status: 'success',
			id: body.id,
			output: [expect.stringMatching(/^http.*\.mp4/)],
		});
		const second = await server.call('POST', '/api/v4/dreambooth/fetch', {
			key: '',
			request_id: String(body.id),
		});
		expect(second.body).toMatchObject({ status: 'success', id: body.id });
	});

	it('Stable Diffusion API Enterprise: the video comes with the submit, and by request_id', async () => {
		const { body } = await server.call('POST', '/api/v1/enterprise/text2video', {
			...V4,
			model_id: 'model_id',
			negative_prompt: 'Low Quality',
			scheduler: 'UniPCMultistepScheduler',
			width: '128',
			height: '128',
		});
		expect(body).toMatchObject({
			status: 'success',
			generationTime: expect.any(Number),
			id: expect.any(Number),
			output: [expect.stringMatching(/^http/)],
		});
		const fetched = await server.call('POST', '/api/v1/enterprise/fetch', {
			key: '',
			request_id: String(body.id),
		});
		expect(fetched.body).toMatchObject({ status: 'success', id: body.id });
		const { body: list } = await server.call('POST', '/api/v1/enterprise/schedulers_list', {
			key: '',
		});
		expect(list.schedulers).toContain('UniPCMultistepScheduler');
	});

	it('Stable Diffusion API v5: the fetch is at v3', async () => {
		const { body } = await server.call('POST', '/api/v5/text2video', {
			key: '',
			prompt: 'ultra HD super realism a fox in the snow',
			negative_prompt: 'Low Quality',
			scheduler: 'UniPCMultistepScheduler',
			seconds: 3,
		});
		expect(body).toMatchObject({ status: 'success', meta: { W: 576, H: 320, num_frames: 24 } });
		const fetched = await server.call('POST', `/api/v3/fetch/${body.id}`, { key: '' });
		expect(fetched.body).toMatchObject({ status: 'success', id: body.id });
	});

	it('Stable Diffusion API: errors by field, unknown jobs, failed jobs', async () => {
		const invalid = await server.call('POST', '/api/v4/dreambooth/text2video', {
			...V4,
			prompt: '',
			num_inference_steps: '51',
		});
		expect(invalid.body).toMatchObject({
			status: 'error',
			message: {
				prompt: [expect.stringContaining('is empty')],
				num_inference_steps: [expect.stringContaining('from 1 to 50')],
			},
		});
		const unknown = await server.call('POST', '/api/v3/dreambooth/fetch/999999', { key: '' });
		expect(unknown).toMatchObject({ status: 404, body: { status: 'error' } });
		const { body } = await server.call('POST', '/api/v1/enterprise/text2video', {
			...V4,
			model_id: 'preview-fail',
		});
		expect(body).toMatchObject({
			status: 'failed',
			message: expect.stringContaining('fails on purpose'),
			output: '',
		});
	});

	it('Novita: submit, task-result in every state, errors', async () => {
		const { body } = await server.call('POST', '/v3/async/txt2video', {
			model_name: 'darkSushiMixMix_225D_64380.safetensors',
			height: 512,
			width: 512,
			steps: 20,
			seed: -1,
			prompts: [
				{
					frames: 32,
					prompt: 'In the wintry dusk, a little girl holds matches tightly.',
				},
			],
			negative_prompt: 'nsfw, lowres',
			extra: { response_video_type: 'mp4' },
		});
		expect(body).toEqual({ task_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
		const seen = new Set<string>();
		const done = await eventually(async () => {
			const { body: result } = await server.call(
				'GET',
				`/v3/async/task-result?task_id=${body.task_id}`,
			);
			seen.add(result.task.status);
			return result.task.status === 'TASK_STATUS_SUCCEED' ? result : undefined;
		});
		expect(done).toMatchObject({
			task: {
				task_id: body.task_id,
				task_type: 'TXT_TO_VIDEO',
				status: 'TASK_STATUS_SUCCEED',
				reason: '',
				eta: 0,
				progress_percent: 100,
			},
			extra: { seed: expect.stringMatching(/^\d+$/), debug_info: {} },
			images: [],
			videos: [
				{
					video_url: expect.stringMatching(/^http/),
					video_url_ttl: '3600',
					video_type: 'mp4',
				},
			],
		});
		expect(
			[...seen].every((status) => /^TASK_STATUS_(QUEUED|PROCESSING|SUCCEED)$/.test(status)),
		).toBe(true);
		const invalid = await server.call('POST', '/v3/async/txt2video', { model_name: 'x' });
		expect(invalid).toMatchObject({
			status: 400,
			body: { code: 400, reason: 'INVALID_REQUEST_BODY', metadata: {} },
		});
		const unknown = await server.call('GET', '/v3/async/task-result?task_id=nothing');
		expect(unknown).toMatchObject({ status: 404, body: { reason: 'TASK_NOT_FOUND' } });
	});
});
