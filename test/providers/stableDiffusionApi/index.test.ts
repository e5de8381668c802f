/** The three endpoints of Stable Diffusion API: their accounts, their addresses, their callbacks. */
import { describe, expect, it } from 'vitest';
import {
	stableDiffusionEnterprise,
	stableDiffusionV4,
	stableDiffusionV5,
} from '../../../providers/stableDiffusionApi';
import { newJob } from '../../../providers/replies/job';

const DEFAULT = 'https://stablediffusionapi.com';
const CONTEXT = { baseUrl: DEFAULT, nowMs: Date.UTC(2026, 0, 1) };
const usual = { credential: 'textToVideoStableDiffusionApi', title: 'Stable Diffusion API' };
const pages = 'https://stablediffusionapi.com/docs';
const all = [
	{
		provider: stableDiffusionV5,
		...{ id: 'stableDiffusionV5', ...usual, path: '/api/v5/text2video' },
		page: `${pages}/text-to-video/texttovideo`,
		// Only the submit is v5.
		fetch: { url: '/api/v3/fetch/a%2F7', body: {} },
		known: { url: '/api/v3/fetch/a%2F7', body: {} },
		hasCallback: false,
	},
	{
		provider: stableDiffusionV4,
		...{ id: 'stableDiffusionV4', ...usual, path: '/api/v4/dreambooth/text2video' },
		page: `${pages}/text-to-video/traintexttovideo`,
		fetch: { url: '/api/v4/dreambooth/fetch', body: { request_id: 'a/7' } },
		known: { url: '/api/v3/dreambooth/fetch/a%2F7', body: {} },
		hasCallback: true,
	},
	{
		provider: stableDiffusionEnterprise,
		...{ id: 'stableDiffusionEnterprise', path: '/api/v1/enterprise/text2video' },
		...{ credential: 'textToVideoStableDiffusionEnterpriseApi' },
		title: 'Stable Diffusion Enterprise',
		page: `${pages}/enterprise-plan/text2video`,
		fetch: { url: '/api/v1/enterprise/fetch', body: { request_id: 'a/7' } },
		known: { url: '/api/v1/enterprise/fetch', body: { request_id: 'a/7' } },
		hasCallback: true,
	},
];

describe.each(all)('$id', ({ provider, id, credential, title, page, path, ...row }) => {
	it('is an account of the provider, whose key travels in the body', () => {
		expect(provider).toMatchObject({
			...{ id, credential, documentationUrl: page },
			submitCall: { method: 'POST', url: path },
		});
		expect(provider.account).toStrictEqual({
			title,
			defaultBaseUrl: DEFAULT,
			authentication: { kind: 'bodyKey', property: 'key' },
			keyHosts: ['stablediffusionapi.com', 'modelslab.com'],
			cloud: true,
		});
		expect(provider.limits).toStrictEqual({ parallelJobs: 5, typicalSeconds: 40 });
	});

	it('is asked for a job where the documents say', () => {
		const job = newJob(id, 'a/7', 0);
		const fetchUrl = 'https://evil.acme.io/fetch/7';
		expect(provider.fetchCall(job, CONTEXT)).toStrictEqual({ method: 'POST', ...row.fetch });
		expect(provider.fetchCall({ ...job, fetchUrl }, CONTEXT)).toStrictEqual({
			method: 'POST',
			...row.known,
		});
	});

	it('makes jobs of its own', () => {
		const reply = { status: 200, headers: {}, body: { status: 'processing', id: 7 } };
		expect(provider.readSubmit(reply, {}, CONTEXT).job).toMatchObject({
			...{ provider: id, jobId: '7' },
		});
	});

	it('calls back where its page has a field for it', () => {
		const { callback, ...others } = provider.capabilities;
		const tracked = row.hasCallback ? { trackingField: 'track_id' } : {};
		expect(others).toStrictEqual({ cancel: false, progress: false, ...tracked });
		expect(callback?.field).toBe(row.hasCallback ? 'webhook' : undefined);
		const reading = provider.readCallback?.({ status: 'success', id: 7 }, CONTEXT);
		expect(reading?.job.provider).toBe(row.hasCallback ? id : undefined);
	});
});

it('a callback of theirs bears no kind, and is told of no progress', () => {
	const callback = stableDiffusionV4.capabilities.callback!;
	expect(callback).toMatchObject({ signature: 'none', progress: false });
	expect(callback.eventType?.member).toBe('event');
	const ours = (kind: string) => callback.eventType!.ours.test(kind);
	expect([ours(''), ours('workflow.completed')]).toStrictEqual([true, false]);
});
