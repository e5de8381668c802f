/** AI/ML API's PixVerse v5: where it is asked, which fields exclude each other, its legacy path. */
import { describe, expect, it } from 'vitest';
import { aimlapiPixverse } from '../../../providers/aimlapi';
import { newJob } from '../../../providers/replies/job';
import { validate } from '../../../providers/schema/validate';
import { buildRequest } from '../../../providers/schema/wire';

const BASE = { baseUrl: 'https://api.aimlapi.com' };
const CONTEXT = { ...BASE, nowMs: Date.UTC(2026, 0, 1) };
const PATH = '/v2/video/generations';
const LEGACY = '/v2/generate/video/pixverse/generation';
const MODEL = 'pixverse/v5/text-to-video';

it('the account is the one of the documents, with its own key', () => {
	const { id, credential, account, limits, capabilities, documentationUrl } = aimlapiPixverse;
	expect({ id, credential, account, limits, capabilities, documentationUrl }).toStrictEqual({
		id: 'aimlapiPixverse',
		credential: 'textToVideoAimlApi',
		account: {
			title: 'AI/ML API',
			defaultBaseUrl: 'https://api.aimlapi.com',
			authentication: { kind: 'bearer' },
			keyHosts: ['api.aimlapi.com'],
			cloud: true,
		},
		limits: { parallelJobs: 4, typicalSeconds: 60 },
		capabilities: {
			cancel: false,
			progress: false,
			trackingField: 'client_request_id',
			cost: ['usd', 'credits'],
			requestIdHeader: 'X-Client-Request-Id',
		},
		documentationUrl:
			'https://docs.aimlapi.com/api-references/video-models/pixverse/v5-text-to-video',
	});
});

describe('fields that exclude each other', () => {
	const issues = (values: object) =>
		validate(aimlapiPixverse, { prompt: 'A boat', ...values }, BASE.baseUrl).issues;

	it.each([
		[{ resolution: '1080p', duration: 5 }],
		[{ resolution: '720p', duration: 8 }],
		[{ resolution: '1080p' }],
		[{ duration: 8 }],
		[{ resolution: '1080p', duration: 8, model: 'another/model' }],
		[{ legacy_path: true }],
		[{ legacy_path: false, model: 'another/model' }],
		[{ extra_parameters: { thinking_type: 'auto' } }],
	])('%j go together', (values) => {
		expect(issues(values)).toStrictEqual([]);
	});

	it.each([
		[{ resolution: '1080p', duration: 8 }, 'duration', /8.*1080p videos of 5 seconds only/],
		[{ legacy_path: true, model: 'another/model' }, 'legacy_path', /true.*pixverse\/v5.* only/],
		[{ duration: 5, extra_parameters: { duration: 8 } }, 'extra_parameters', /duration is set/],
	])('%j do not', (values, field, words) => {
		expect(issues(values)).toMatchObject([
			{ field, message: expect.stringMatching(words) as string },
		]);
	});
});

describe('the path', () => {
	const submitted = (values: object) =>
		aimlapiPixverse.readSubmit(
			{ status: 200, headers: {}, body: { id: 'a:b/c', status: 'queued' } },
			values as never,
			CONTEXT,
		).job!;

	it.each([
		[{}, PATH],
		[{ legacy_path: false }, PATH],
		[{ legacy_path: true }, LEGACY],
	])('with %j is %s, for the submit and for each question', (values, path) => {
		const { method, url } = buildRequest(aimlapiPixverse, { ...values, model: MODEL });
		expect([method, url]).toStrictEqual(['POST', path]);
		const { url: asked, ...call } = aimlapiPixverse.fetchCall(submitted(values), BASE);
		expect([BASE.baseUrl + PATH, PATH, BASE.baseUrl + LEGACY]).toContain(asked);
		expect(asked.replace(BASE.baseUrl, '')).toBe(path);
		expect(call).toStrictEqual({ method: 'GET', query: { generation_id: 'a:b/c' } });
	});

	it('that a job bears is asked at only where it may see the key', () => {
		const job = newJob('aimlapiPixverse', 'j1', 0);
		const fetchUrl = 'https://evil.acme.io/v2';
		expect(aimlapiPixverse.fetchCall({ ...job, fetchUrl }, BASE).url).toBe(PATH);
		expect(submitted({})).not.toHaveProperty('fetchUrl');
		expect(submitted({})).toMatchObject({ provider: 'aimlapiPixverse', jobId: 'a:b/c' });
	});
});

describe('what a price is applied to', () => {
	const priced = (values: object) => aimlapiPixverse.pricing!.priced(values as never);

	it('is the request, and what PixVerse takes where a field is left out', () => {
		const { defaults, ...told } = priced({ model: MODEL, resolution: '1080p' });
		expect(told).toStrictEqual({
			model: MODEL,
			values: { model: MODEL, resolution: '1080p' },
			seconds: 5,
		});
		expect(defaults).toMatchObject({ duration: 5, resolution: '720p', aspect_ratio: '16:9' });
		expect(defaults).not.toHaveProperty('seed');
	});

	it('is the request alone for another model, whose defaults are others', () => {
		const { defaults, seconds } = priced({ model: 'another/model' });
		expect([defaults, seconds]).toStrictEqual([{}, undefined]);
		expect(priced({ model: 'another/model', duration: 8 }).seconds).toBe(8);
	});
});
