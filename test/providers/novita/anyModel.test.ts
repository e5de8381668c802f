/** Novita's models with an endpoint each, and the makers' own formats of two of them. */
import { describe, expect, it } from 'vitest';
import { novitaAnyModel } from '../../../providers/novita/anyModel';
import { newJob } from '../../../providers/replies/job';
import { fieldsOf } from '../../../providers/schema/fields';
import { ofModel } from '../../../providers/schema/ofModel';
import { validate } from '../../../providers/schema/validate';
import { buildRequest } from '../../../providers/schema/wire';

const BASE = { baseUrl: 'https://api.novita.ai' };
const CONTEXT = { ...BASE, nowMs: Date.UTC(2026, 0, 1) };
const TASKS = '/v3/bytedance/metered/contents/generations/tasks';
const SEEDANCE = 'dreamina-seedance-2-0-260128';
const VEO = 'veo-3.1-generate-001';
const JOB = newJob('novitaAnyModel', 'cgt/1', CONTEXT.nowMs);
const ownFormat = { ...JOB, fetchUrl: `${BASE.baseUrl}${TASKS}/cgt%2F1` };
const reply = (body: unknown, status = 200) => ({ status, headers: {}, body });
const submit = (body: unknown, model = 'kling-v3.0-std-t2v', status = 200) =>
	novitaAnyModel.readSubmit(reply(body, status), { model }, CONTEXT);
const fetch = (body: unknown, status = 200, job = JOB) =>
	novitaAnyModel.readFetch(reply(body, status), job, CONTEXT);

describe('the account', () => {
	it('is the one of the documents, with its own key', () => {
		const { id, credential, account, limits, capabilities, documentationUrl } = novitaAnyModel;
		expect({ id, credential, account, limits, capabilities, documentationUrl }).toStrictEqual({
			id: 'novitaAnyModel',
			credential: 'textToVideoNovitaApi',
			account: {
				title: 'Novita',
				defaultBaseUrl: 'https://api.novita.ai',
				authentication: { kind: 'bearer' },
				keyHosts: ['api.novita.ai'],
				cloud: true,
			},
			limits: { requestsPerMinute: 20, parallelJobs: 4, typicalSeconds: 150 },
			capabilities: { cancel: false, progress: true },
			documentationUrl: 'https://novita.ai/docs/api-reference/model-apis-kling-v3.0-std-t2v',
		});
		expect(novitaAnyModel.models?.field).toBe('model');
	});
});

describe('a model', () => {
	const urlOf = (model?: string) =>
		buildRequest(novitaAnyModel, { ...(model ? { model } : {}), prompt: 'A boat' });

	it.each([
		['kling-v3.0-std-t2v', '/v3/async/kling-v3.0-std-t2v'],
		['a-new/model:x', '/v3/async/a-new%2Fmodel%3Ax'],
		[undefined, '/v3/async/%7Bmodel%7D'],
		[SEEDANCE, TASKS],
		[VEO, `/v3/veo-3.1/v1/models/${VEO}:predictLongRunning`],
	])('%s has its endpoint at %s', (model, url) => {
		expect(urlOf(model)).toMatchObject({ method: 'POST', url });
	});

	it('is named in the address alone, but for the maker’s own format', () => {
		expect(urlOf('kling-v3.0-std-t2v').body).not.toHaveProperty('model');
		expect(urlOf(VEO).body).not.toHaveProperty('model');
		expect(urlOf(SEEDANCE).body).toHaveProperty('model', SEEDANCE);
	});

	it.each(['a', 'a.b', 'a'.repeat(256), 'Z0._:/-9'])('may be called %s', (model) => {
		expect(validate(novitaAnyModel, { model, prompt: 'A' }, BASE.baseUrl).issues).toStrictEqual([]);
	});

	it.each(['..', '.', '/a', '-a', 'a b', 'a?b', 'a#', 'ä', 'a'.repeat(257)])(
		'can not be called %s: its name is a part of the address',
		(model) => {
			const { issues } = validate(novitaAnyModel, { model, prompt: 'A boat' }, BASE.baseUrl);
			expect(issues.map(({ field }) => field)).toStrictEqual(['model']);
		},
	);

	it('is chosen from a list that begins with one that is there', () => {
		const [model, prompt] = fieldsOf(novitaAnyModel.request);
		expect(model).toMatchObject({ search: 'model', initial: 'kling-v3.0-std-t2v', required: true });
		expect(prompt).toMatchObject({ multiline: true, required: true, minLength: 1 });
		expect(ofModel(novitaAnyModel, { model: 'kling-v3.0-std-t2v' }).model).toBeDefined();
	});
});

describe('a submit', () => {
	it.each([
		[{ task_id: 't1' }, 't1'],
		[{ id: 'cgt-1' }, 'cgt-1'],
		[{ data: { id: 'cgt-1' } }, 'cgt-1'],
		[{ name: 'op-1', done: false }, 'op-1'],
		[{ task_id: 't1', id: 'x', name: 'y' }, 't1'],
	])('answered with %j has made the job %s', (body, jobId) => {
		const { job } = submit(body);
		expect(job).toMatchObject({ provider: 'novitaAnyModel', jobId, status: 'queued' });
		expect(job).not.toHaveProperty('fetchUrl');
	});

	it('of the maker’s own format is asked for at its own address', () => {
		const { job } = submit({ id: 'cgt/1' }, SEEDANCE);
		expect(job?.fetchUrl).toBe(ownFormat.fetchUrl);
	});

	it('to an endpoint that is not there is to a model that is not there', () => {
		const told = submit({ reason: 'API_NOT_FOUND', message: 'api not found' }, 'gone', 404);
		expect(told.failure).toMatchObject({
			...{ code: 'model_not_found', accepted: 'no' },
			advice: expect.stringMatching(/^The provider does not have gone/) as string,
		});
		expect(submit({ reason: 'ILLEGAL_PROMPT' }, 'gone', 400).failure?.code).toBe('prompt_refused');
	});

	it('with an HTTP error has made none', () => {
		expect(submit({ task_id: 't1' }, undefined, 299).job?.jobId).toBe('t1');
		expect(submit({ task_id: 't1' }, undefined, 300).failure).toBeDefined();
		expect(submit('text').failure?.accepted).toBe('unknown');
		expect(submit({}).failure?.accepted).toBe('unknown');
	});
});

describe('a question about a job', () => {
	const ask = (job: typeof JOB) => novitaAnyModel.fetchCall(job, BASE);
	const usual = { method: 'GET', url: '/v3/async/task-result', query: { task_id: 'cgt/1' } };

	it('goes to its own address where it has one that may see the key', () => {
		expect(ask(ownFormat)).toStrictEqual({ method: 'GET', url: ownFormat.fetchUrl });
		expect(ask(JOB)).toStrictEqual(usual);
		expect(ask({ ...JOB, fetchUrl: 'https://evil.acme.io/a' } as never)).toStrictEqual(usual);
	});

	it.each([
		['queued', 'queued'],
		['running', 'processing'],
		['cancelled', 'cancelled'],
		['failed', 'failed'],
		['expired', 'failed'],
		['something_new', 'processing'],
		[undefined, 'processing'],
	])('answered in the maker’s own format: %s is %s', (status, known) => {
		const body = { id: 'cgt/1', status, seed: 7 };
		expect(fetch(body).job).toMatchObject({ status: known, seed: 7, videos: [] });
		expect(fetch({ data: body }).job?.status).toBe(known);
	});

	it('answered with a video', () => {
		const content = { video_url: 'https://files.acme.io/a.mp4' };
		const { job } = fetch({ status: 'succeeded', content }, 299, { ...JOB, seed: 5 } as never);
		expect(job?.videos).toStrictEqual([{ url: content.video_url, mimeType: 'video/mp4' }]);
		expect(job).toMatchObject({ status: 'succeeded', seed: 5 });
		expect(job).not.toHaveProperty('failure');
	});

	it.each([[{ status: 'succeeded' }], [{ status: 'succeeded', content: { video_url: '' } }]])(
		'answered with success and no video is no end: %j',
		(body) => {
			expect(fetch(body).failure).toMatchObject({ code: 'unreadable_reply', accepted: 'yes' });
		},
	);

	it.each([
		['failed', { message: 'Out of ideas' }, 'generation_failed', 'Out of ideas'],
		['failed', { message: '' }, 'generation_failed', /\(failed\) and gave no reason/],
		['failed', { message: 7 }, 'generation_failed', /no reason/],
		['failed', null, 'generation_failed', /no reason/],
		['expired', undefined, 'expired', /\(expired\)/],
		['cancelled', undefined, 'cancelled', /\(cancelled\)/],
	])('answered with an end without a video: %s, %j is %s', (status, error, code, words) => {
		const { job } = fetch({ id: 'cgt/1', status, error });
		expect(job?.failure).toMatchObject({
			...{ code, accepted: 'yes' },
			message: expect.stringMatching(words) as string,
		});
	});

	it.each([[{}], [{ status: 'something_new' }], ['text'], [null], [{ data: {} }]])(
		'answered with %j has no answer',
		(body) => {
			expect(fetch(body).failure).toMatchObject({ accepted: 'yes' });
		},
	);

	it('answered with an HTTP error has none either', () => {
		expect(fetch({ id: 'cgt/1', status: 'queued' }, 300).failure).toMatchObject({
			accepted: 'yes',
		});
	});

	it('answered in Novita’s own format is read so', () => {
		const task = { task_id: 'cgt/1', status: 'TASK_STATUS_PROCESSING', progress_percent: 42 };
		expect(fetch({ task }).job).toMatchObject({ status: 'processing', progress: 42 });
		expect(fetch({ data: { x: 1 }, task }).failure).toBeDefined();
	});
});

describe('a job that is to be cancelled', () => {
	it('can be where it is of the maker’s own format', () => {
		expect(novitaAnyModel.cancelCall!(ownFormat)).toStrictEqual({
			method: 'DELETE',
			url: ownFormat.fetchUrl,
		});
		expect(novitaAnyModel.cancelCall!(JOB)).toBeUndefined();
	});

	it('is cancelled where the provider says so, and else is still there', () => {
		const read = (status: number) =>
			novitaAnyModel.readCancel!(reply({ message: 'Running' }, status), ownFormat, CONTEXT);
		expect(read(299).job).toMatchObject({ status: 'cancelled', jobId: 'cgt/1' });
		expect(read(300).failure).toMatchObject({ accepted: 'yes' });
		expect(read(409).failure).toMatchObject({ accepted: 'yes' });
	});
});
