/** ModelsLab's three endpoints: one account, and an address each. */
import { describe, expect, it } from 'vitest';
import { modelslabV6, modelslabV6Ultra, modelslabV7 } from '../../../providers/modelslab';
import { newJob } from '../../../providers/replies/job';
import { validate } from '../../../providers/schema/validate';

const DEFAULT = 'https://modelslab.com';
const CONTEXT = { baseUrl: DEFAULT, nowMs: Date.UTC(2026, 0, 1) };
const pages = 'https://docs.modelslab.com/video-api';
const all = [
	{
		...{ provider: modelslabV6, id: 'modelslabV6', page: `${pages}/texttovideo` },
		...{ path: '/api/v6/video/text2video', fetch: '/api/v6/video/fetch/a%2F7' },
	},
	{
		...{ provider: modelslabV6Ultra, id: 'modelslabV6Ultra' },
		page: `${pages}/text-to-video-ultra`,
		...{ path: '/api/v6/video/text2video_ultra', fetch: '/api/v6/video/fetch/a%2F7' },
	},
	{
		...{ provider: modelslabV7, id: 'modelslabV7', page: `${pages}/overview` },
		path: '/api/v7/video-fusion/text-to-video',
		fetch: '/api/v7/video-fusion/fetch/a%2F7',
	},
];

describe.each(all)('$id', ({ provider, id, page, path, fetch }) => {
	it('is an account of the provider, whose key travels in the body', () => {
		expect(provider).toMatchObject({
			...{ id, credential: 'textToVideoModelsLabApi', documentationUrl: page },
			submitCall: { method: 'POST', url: path },
		});
		expect(provider.account).toStrictEqual({
			title: 'ModelsLab',
			defaultBaseUrl: DEFAULT,
			authentication: { kind: 'bodyKey', property: 'key' },
			keyHosts: ['stablediffusionapi.com', 'modelslab.com'],
			cloud: true,
		});
		expect(provider.limits).toStrictEqual({ parallelJobs: 5, typicalSeconds: 120 });
	});

	it('calls back, and can neither cancel nor tell of progress', () => {
		const { callback, ...others } = provider.capabilities;
		expect(others).toStrictEqual({ cancel: false, progress: false, trackingField: 'track_id' });
		expect(callback).toMatchObject({ field: 'webhook', signature: 'none', progress: false });
	});

	it('is asked for a job where the documents say', () => {
		expect(provider.fetchCall(newJob(id, 'a/7', 0), CONTEXT)).toStrictEqual({
			method: 'POST',
			url: fetch,
			body: {},
		});
	});

	it('makes jobs of its own, and reads of them', () => {
		const body = { status: 'processing', id: 7 };
		const reply = { status: 200, headers: {}, body };
		const made = provider.readSubmit(reply, {}, CONTEXT).job!;
		expect(made).toMatchObject({ provider: id, jobId: '7' });
		expect(provider.readFetch(reply, made, CONTEXT).job?.provider).toBe(id);
		expect(provider.readCallback!(body, CONTEXT)?.job).toMatchObject({ provider: id, jobId: '7' });
	});

	it('can be asked for money, queue and newest videos', () => {
		expect([provider.balance, provider.queueUse, provider.submitLog]).not.toContain(undefined);
	});
});

it.each([
	[modelslabV6, ['h3-minimax-t2v']],
	[modelslabV6Ultra, ['wan2.2', 'ltx-2.3']],
])('$id offers the models of its endpoint: %j', ({ models }, ids) => {
	expect(models?.catalogue.models.map(({ id }) => id)).toStrictEqual(ids);
});

it('a parameter that is a field of its own is set in one place', () => {
	const given = { model_id: 'a', prompt: 'A boat', fps: 24, extra_parameters: { fps: 30 } };
	expect(validate(modelslabV7, given, DEFAULT).issues).toMatchObject([
		{ field: 'extra_parameters' },
	]);
});
