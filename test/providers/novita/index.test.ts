/** Novita's txt2video: where it is asked, what it allows, its callbacks and its lists, as the documents have them. */
import { describe, expect, it } from 'vitest';
import { novita } from '../../../providers/novita';
import { newJob } from '../../../providers/replies/job';
import { validate } from '../../../providers/schema/validate';

const BASE = { baseUrl: 'https://api.novita.ai' };
const CONTEXT = { ...BASE, nowMs: Date.UTC(2026, 0, 1) };
const reply = (body: unknown, status = 200) => ({ status, headers: {}, body });

describe('the account', () => {
	it('is the one of the documents, with its own key', () => {
		const { id, credential, account, documentationUrl } = novita;
		expect({ id, credential, account, documentationUrl }).toStrictEqual({
			id: 'novita',
			credential: 'textToVideoNovitaApi',
			account: {
				title: 'Novita',
				defaultBaseUrl: 'https://api.novita.ai',
				authentication: { kind: 'bearer' },
				keyHosts: ['api.novita.ai'],
				cloud: true,
			},
			documentationUrl: 'https://novita.ai/docs/api-reference/model-apis-txt2video',
		});
	});

	it('takes two submits a minute, and can neither cancel nor find a job by an id of ours', () => {
		expect(novita.limits).toStrictEqual({
			requestsPerMinute: 2,
			parallelJobs: 4,
			typicalSeconds: 90,
		});
		expect(novita.capabilities).toMatchObject({ cancel: false, progress: true });
		expect(novita.capabilities.callback).toMatchObject({
			...{ field: 'webhook_url', signature: 'none', progress: false },
			eventType: { member: 'event_type' },
		});
	});

	it('is asked where the documents say', () => {
		expect(novita.submitCall).toStrictEqual({ method: 'POST', url: '/v3/async/txt2video' });
		expect(novita.fetchCall(newJob('novita', 'fa20/x', 0), BASE)).toStrictEqual({
			method: 'GET',
			url: '/v3/async/task-result',
			query: { task_id: 'fa20/x' },
		});
	});
});

describe('all parts of a video together', () => {
	const issues = (frames: number[], more = {}) => {
		const prompts = frames.map((count) => ({ frames: count, prompt: 'A boat' }));
		const values = { model_name: 'a', height: 512, width: 512, steps: 20, prompts, ...more };
		return validate(novita, values, BASE.baseUrl).issues;
	};

	it('have at most 128 frames', () => {
		expect(issues([64, 64])).toStrictEqual([]);
		expect(issues([64, 56, 9])).toMatchObject([
			{ field: 'prompts', message: expect.stringMatching(/129.*128/) as string },
		]);
	});

	it('are counted where they are there alone', () => {
		const told = (values: object) => novita.rules!(values as never);
		expect(told({})).toStrictEqual([]);
		expect(told({ prompts: 'A boat' })).toStrictEqual([]);
		expect(told({ prompts: [null, 'A boat', {}, { frames: 128 }] })).toStrictEqual([]);
		expect(told({ prompts: [null, {}, { frames: 129 }] })).toHaveLength(1);
	});

	const webhook_url = 'https://hooks.acme.test/a';
	const test_mode_return_task_status = 'TASK_STATUS_FAILED';
	it.each([
		[{ webhook_url }, []],
		[{ webhook_url, test_mode_enabled: true, test_mode_return_task_status }, []],
		[{ test_mode_enabled: true }, ['test_mode_return_task_status', 'webhook_url']],
		[{ test_mode_enabled: false, webhook_url }, ['test_mode_return_task_status']],
		[{ test_mode_return_task_status }, ['test_mode_enabled', 'webhook_url']],
		[{ test_mode_return_task_status, webhook_url }, ['test_mode_enabled']],
	])('of the test mode of a callback are given together: %j lacks %j', (more, lacking) => {
		expect(issues([8], more).map(({ field }) => field)).toStrictEqual(lacking);
	});
});

describe('a callback', () => {
	const payload = {
		task: { task_id: 't1', status: 'TASK_STATUS_SUCCEED' },
		videos: [{ video_url: 'https://files.acme.io/a.mp4' }],
	};
	const read = (body: unknown) => novita.readCallback!(body, CONTEXT);
	const ours = (kind: string) => novita.capabilities.callback!.eventType!.ours.test(kind);

	it('tells of a job, with the envelope and without', () => {
		for (const body of [{ event_type: 'ASYNC_TASK_RESULT', payload }, { payload }, payload]) {
			const reading = read(body);
			expect(reading?.job).toMatchObject({ provider: 'novita', jobId: 't1', status: 'succeeded' });
			expect(reading?.job.videos).toHaveLength(1);
			expect(reading).not.toHaveProperty('testEvent');
			expect(reading?.job).not.toHaveProperty('testEvent');
		}
	});

	it.each([
		[{ event_type: 'SOMETHING_ELSE', payload }],
		[{ event_type: 'ASYNC_TASK_RESULT', payload: { task: null } }],
		[{ event_type: 'ASYNC_TASK_RESULT', payload: { task: {} } }],
		[{ event_type: 'ASYNC_TASK_RESULT', payload: { task: 't1' } }],
		[{ event_type: 'ASYNC_TASK_RESULT' }],
		[null],
		['text'],
		[[]],
	])('%j is none of ours', (body) => {
		expect(read(body)).toBeUndefined();
	});

	it('of another kind is told by its kind, whole', () => {
		expect(ours('ASYNC_TASK_RESULT')).toBe(true);
		expect(ours('MY_ASYNC_TASK_RESULT')).toBe(false);
		expect(ours('ASYNC_TASK_RESULT_2')).toBe(false);
	});

	it.each([
		[{ webhook: { test_mode: { enabled: true } } }, true],
		[{ webhook: { test_mode: { enabled: false } } }, undefined],
		[{ webhook: { test_mode: { enabled: 'true' } } }, undefined],
		[{ webhook: { test_mode: null } }, undefined],
		[{ webhook: { url: 'https://hooks.acme.test' } }, undefined],
		[{ webhook: null }, undefined],
		[{}, undefined],
		[null, undefined],
		['text', undefined],
	])('with extra %j is a test: %s', (extra, isTest) => {
		const reading = read({ event_type: 'ASYNC_TASK_RESULT', payload: { ...payload, extra } });
		expect([reading?.testEvent, reading?.job.testEvent]).toStrictEqual([isTest, isTest]);
	});
});

describe('a list of models', () => {
	const { checkpoint, lora, textualinversion } = novita.modelSearch!;

	it.each([
		['checkpoint', checkpoint!],
		['lora', lora!],
		['textualinversion', textualinversion!],
	])('of the kind %s is asked for as documented', (type, { call }) => {
		expect(call(undefined, undefined)).toStrictEqual({
			method: 'GET',
			url: '/v3/model',
			query: {
				'filter.types': type,
				'filter.visibility': 'public',
				'filter.is_sdxl': 'false',
				'pagination.limit': '50',
				'pagination.cursor': 'c_0',
			},
		});
		expect(call('meadow', 'c_Wz')).toStrictEqual({
			method: 'GET',
			url: '/v3/model',
			query: {
				'filter.types': type,
				'filter.visibility': 'public',
				'filter.query': 'meadow',
				'pagination.limit': '50',
				'pagination.cursor': 'c_Wz',
			},
		});
	});

	const model = {
		name: 'Good Hands',
		sd_name: 'GoodHands.safetensors',
		sd_name_in_api: 'GoodHands-beta2_39807',
		base_model: 'SD 1.5',
		status: 1,
	};
	const models = (...rows: unknown[]) => ({ models: rows });

	it('names each as its field wants it', () => {
		const named = { label: 'Good Hands', description: 'SD 1.5' };
		expect(checkpoint!.read(reply(models(model)))).toStrictEqual({
			models: [{ value: 'GoodHands.safetensors', ...named }],
		});
		for (const { read } of [lora!, textualinversion!]) {
			expect(read(reply(models(model)))).toStrictEqual({
				models: [{ value: 'GoodHands-beta2_39807', ...named }],
			});
		}
	});

	it('goes by what there is of a name, and leaves out what can not be used', () => {
		const rows = [
			{ sd_name: 'only' },
			{ sd_name_in_api: 'api', name: '' },
			{ ...model, status: 0 },
			{ name: 'nameless' },
			null,
			'row',
		];
		expect(lora!.read(reply(models(...rows)))).toStrictEqual({
			models: [
				{ value: 'only', label: 'only' },
				{ value: 'api', label: 'api' },
			],
		});
		expect(checkpoint!.read(reply(models(...rows)))).toStrictEqual({
			models: [{ value: 'only', label: 'only' }],
		});
	});

	it('goes on where there is a next page, and ends with an empty one', () => {
		const pagination = { next_cursor: 'c_Wz' };
		const read = (body: object) => checkpoint!.read(reply(body));
		expect(read({ ...models(model), pagination })).toHaveProperty('nextCursor', 'c_Wz');
		expect(read({ ...models(), pagination })).toStrictEqual({ models: [] });
		for (const none of [{ next_cursor: '' }, {}, null, 'c_Wz'])
			expect(read({ ...models(model), pagination: none })).not.toHaveProperty('nextCursor');
	});

	it('with an HTTP error is a failure', () => {
		expect(checkpoint!.read(reply(models(model), 299))).toHaveProperty('models.length', 1);
		expect(checkpoint!.read(reply(models(model), 300))).toHaveProperty('failure');
		expect(checkpoint!.read(reply({ models: {} }))).toHaveProperty('failure');
		expect(checkpoint!.read(reply('text'))).toHaveProperty('failure');
	});
});

it('a submit makes a job of this provider', () => {
	const reading = novita.readSubmit(reply({ task_id: 't1' }), {}, CONTEXT);
	expect(reading.job).toMatchObject({ provider: 'novita', jobId: 't1', status: 'queued' });
});
