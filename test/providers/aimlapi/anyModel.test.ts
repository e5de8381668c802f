/** AI/ML API's endpoint for any model: its account, its live list, its jobs. */
import { describe, expect, it } from 'vitest';
import { aimlapiAnyModel } from '../../../providers/aimlapi/anyModel';
import { newJob } from '../../../providers/replies/job';
import { validate } from '../../../providers/schema/validate';

const BASE = { baseUrl: 'https://api.aimlapi.com' };
const CONTEXT = { ...BASE, nowMs: Date.UTC(2026, 0, 1) };
const PATH = '/v2/video/generations';

it('the account is the one of the documents, with its own key', () => {
	const { id, credential, account, limits, capabilities, documentationUrl } = aimlapiAnyModel;
	expect({ id, credential, account, limits, capabilities, documentationUrl }).toStrictEqual({
		id: 'aimlapi',
		credential: 'textToVideoAimlApi',
		account: {
			title: 'AI/ML API',
			defaultBaseUrl: 'https://api.aimlapi.com',
			authentication: { kind: 'bearer' },
			keyHosts: ['api.aimlapi.com'],
			cloud: true,
		},
		limits: { parallelJobs: 4, typicalSeconds: 120 },
		capabilities: {
			cancel: false,
			progress: false,
			trackingField: 'client_request_id',
			cost: ['usd', 'credits'],
			requestIdHeader: 'X-Client-Request-Id',
		},
		documentationUrl: 'https://docs.aimlapi.com/api-references/video-models',
	});
	expect(aimlapiAnyModel.models?.field).toBe('model');
});

it('a job is submitted and asked for at one address', () => {
	expect(aimlapiAnyModel.submitCall).toStrictEqual({ method: 'POST', url: PATH });
	expect(aimlapiAnyModel.fetchCall(newJob('aimlapi', 'a:b/c', 0), BASE)).toStrictEqual({
		method: 'GET',
		url: PATH,
		query: { generation_id: 'a:b/c' },
	});
});

it('a parameter that is a field of its own is set in one place', () => {
	const given = { model: 'a/new', prompt: 'A boat', extra_parameters: { prompt: 'A ship' } };
	const { issues } = validate(aimlapiAnyModel, given, BASE.baseUrl);
	expect(issues).toMatchObject([{ field: 'extra_parameters' }]);
});

describe('a submit', () => {
	const submit = (body: unknown, model: string, status = 200) =>
		aimlapiAnyModel.readSubmit({ status, headers: {}, body }, { model }, CONTEXT);

	it('makes a job that is asked for at the usual address', () => {
		const { job } = submit({ id: 'j1', status: 'queued' }, 'a/new');
		expect(job).toMatchObject({ provider: 'aimlapi', jobId: 'j1', status: 'queued' });
		expect(job).not.toHaveProperty('fetchUrl');
	});

	it('of a model that is gone names the one that took its place', () => {
		const told = submit({ message: 'Model not found' }, 'luma/ray-1-6', 404).failure;
		expect(told).toMatchObject({
			code: 'model_not_found',
			advice: expect.stringContaining('luma/ray-2') as string,
		});
	});
});

describe('the live list', () => {
	const { call, read, isPublic } = aimlapiAnyModel.modelSearch!.model!;
	const listed = (...data: unknown[]) => read({ status: 200, headers: {}, body: { data } });

	it('is everybody’s, and asked for as documented', () => {
		expect(isPublic).toBe(true);
		expect(call(undefined, undefined)).toStrictEqual({
			method: 'GET',
			url: '/v1/models',
			query: { output_modalities: 'video', include: 'all' },
		});
	});

	const description = 'New: its fields go into Extra Parameters.';
	it('shows what the catalogue does not have, by its maker and its name', () => {
		const info = { developer: 'Acme', name: 'Acme One', docsUrl: 'https://docs.acme.io/one' };
		const rows = [
			{ id: 'acme/one', type: 'video', info },
			{ id: 'acme/two', info: { name: 'Acme Two' } },
			{ id: 'acme/three', info: { developer: 'Acme' }, aliases: ['acme/3'] },
			{ id: 'acme/four', info: { name: '', developer: '', docsUrl: '' }, aliases: 'acme/4' },
			{ id: 'acme/five', info: 'none' },
		];
		expect(listed(...rows)).toStrictEqual({
			models: [
				{ value: 'acme/one', label: 'Acme › Acme One', description, url: info.docsUrl },
				{ value: 'acme/two', label: 'Acme Two', description },
				{ value: 'acme/three', label: 'Acme › acme/three', description },
				{ value: 'acme/four', label: 'acme/four', description },
				{ value: 'acme/five', label: 'acme/five', description },
			],
		});
	});

	it.each([
		['is known', { id: 'luma/ray-2' }],
		['is known by another name', { id: 'acme/ray', aliases: ['luma/ray-2'] }],
		['makes videos of pictures', { id: 'acme/one', type: 'image-to-video' }],
		['says so in its name', { id: 'acme/one-i2v' }],
		['says so in another name', { id: 'acme/one', aliases: ['acme/one-i2v'] }],
		['has no name', { type: 'video' }],
		['has an empty name', { id: '' }],
		['is none', null],
		['is a text', 'acme/one'],
	])('leaves out what %s', (_what, row) => {
		expect(listed(row)).toStrictEqual({ models: [] });
	});

	it('with an HTTP error is a failure', () => {
		const body = { data: [{ id: 'acme/one' }] };
		expect(read({ status: 299, headers: {}, body })).toHaveProperty('models.length', 1);
		expect(read({ status: 300, headers: {}, body })).toHaveProperty('failure');
		expect(read({ status: 200, headers: {}, body: { data: {} } })).toHaveProperty('failure');
		expect(read({ status: 200, headers: {}, body: 'text' })).toHaveProperty('failure');
	});
});

describe('what a price is applied to', () => {
	const priced = (values: object) => aimlapiAnyModel.pricing!.priced(values as never);

	it('is the request with the defaults of its model, and nothing more of one that is not known', () => {
		const known = priced({ model: 'bytedance/seedance-2-0' });
		expect(known.defaults).toMatchObject({ duration: known.seconds, resolution: '720p' });
		expect(known.seconds).toBeGreaterThan(0);
		const unknown = priced({ model: 'a/new' });
		expect(unknown).toStrictEqual({ model: 'a/new', values: { model: 'a/new' }, defaults: {} });
	});
});
