import { describe, expect, it } from 'vitest';
import {
	acceptedAfter,
	codeOfStatus,
	failure,
	flattenText,
	httpFailure,
	questionFailure,
} from '../../providers/replies/failures';
import { providerById, providers } from '../../providers/registry';
import { aimlapiAnyModel } from '../../providers/aimlapi/anyModel';
import { documentedRequests, exchanges } from './exchanges';
import { readRequest } from '../../providers/schema/wire';

describe('an HTTP status alone', () => {
	it.each([
		[200, 'unreadable_reply', 'unknown'],
		[204, 'unreadable_reply', 'unknown'],
		[299, 'unreadable_reply', 'unknown'],
		[300, 'moved', 'no'],
		[302, 'moved', 'no'],
		[308, 'moved', 'no'],
		[399, 'moved', 'no'],
		[400, 'invalid_request', 'no'],
		[401, 'invalid_key', 'no'],
		[402, 'no_credit', 'no'],
		[403, 'not_allowed', 'no'],
		[404, 'not_found', 'no'],
		[408, 'provider_error', 'unknown'],
		[410, 'not_found', 'no'],
		[413, 'invalid_request', 'no'],
		[415, 'invalid_request', 'no'],
		[418, 'invalid_request', 'no'],
		[422, 'invalid_request', 'no'],
		[429, 'rate_limited', 'no'],
		[500, 'provider_error', 'unknown'],
		[502, 'provider_error', 'unknown'],
		[503, 'provider_error', 'unknown'],
		[504, 'provider_error', 'unknown'],
		[524, 'provider_error', 'unknown'],
	] as const)('%i means %s, and that the job was taken: %s', (status, code, accepted) => {
		expect([codeOfStatus(status), acceptedAfter(status)]).toEqual([code, accepted]);
		const told = httpFailure({ status, body: '', headers: {} });
		expect(told).toMatchObject({ code, accepted, httpStatus: status });
		const retried = ['rate_limited', 'provider_error', 'network'].includes(code);
		expect(told.retryable).toBe(retried);
	});

	it('is told in words', () => {
		const told = (status: number, body: unknown, headers = {}) =>
			httpFailure({ status, body, headers }).message;
		expect(told(502, '')).toBe('The service answered with HTTP 502.');
		expect(told(503, '<!DOCTYPE html><p>')).toBe(
			'The service answered with HTTP 503: a web page instead of an answer.',
		);
		expect(told(200, undefined)).toBe('The reply could not be read (it was empty).');
		expect(told(301, '', { location: 'https://b.example.com/' })).toBe(
			'The service answered with a redirect to https://b.example.com/. The key is not sent there.',
		);
	});

	it('of a rate limit comes with the wait that the header asks for', () => {
		const limited = (headers: Record<string, string>) =>
			httpFailure({ status: 429, body: '', headers });
		expect(limited({ 'retry-after': '90' })).toMatchObject({
			retryAfterSeconds: 90,
			advice: 'Wait 90 seconds, then run again, or lower Parallel Jobs.',
		});
		const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
		const later = 'Wed, 21 Oct 2026 07:28:45 GMT';
		expect(limited({ 'retry-after': later, date }).retryAfterSeconds).toBe(45);
		expect(limited({ 'retry-after': date, date: later }).retryAfterSeconds).toBe(0);
		for (const header of ['', 'soon', '-5', later]) {
			expect(limited({ 'retry-after': header })).not.toHaveProperty('retryAfterSeconds');
		}
	});
});

describe('the human text in a message', () => {
	it.each([
		['plain', 'plain'],
		['  ', undefined],
		[7, '7'],
		[null, undefined],
		[['a', ['b', null]], 'a; b'],
		[{ width: ['is too large'], 0: 'x' }, 'x; width: is too large'],
		[{ prompt: ['The prompt field is required.'] }, 'The prompt field is required.'],
	])('%j reads as %j', (value, text) => {
		expect(flattenText(value)).toBe(text);
	});
});

describe('what the provider did with a request', () => {
	const submit = (id: string, shape: string, more = {}) => {
		const provider = providerById(id);
		const asked = documentedRequests.find((each) => each.provider === id)!;
		const values = { ...readRequest(provider, asked.body), ...more };
		const { body } = exchanges.find((each) => each.on === 'submit' && each.shape === shape)!;
		const context = { nowMs: 0, baseUrl: provider.account.defaultBaseUrl };
		return provider.readSubmit({ status: 200, headers: {}, body }, values, context).job!;
	};

	it('is told where it is not what was asked for', () => {
		const shape = 'processing: output [], messege, float eta, meta unlike the request';
		expect(submit('stableDiffusionV4', shape).warnings).toEqual([
			'The provider used model_id midjourney instead of your_model_id.',
			'The provider used num_inference_steps 20 instead of 30.',
			'The provider used strength 0.55 instead of 0.7.',
		]);
	});

	it.each([
		['model_id', 'cogvideox', { model_id: 'wan2.2' }],
		['width', 512, { W: 320 }],
		['width', 512, { width: 320 }],
		['height', 512, { H: 320 }],
		['height', 512, { height: 320 }],
		['scheduler', 'LCMScheduler', { scheduler: 'DDIMScheduler' }],
		['num_inference_steps', 30, { steps: 20 }],
		['num_inference_steps', 30, { num_inference_steps: 20 }],
		['guidance_scale', 7, { guidance_scale: 9 }],
		['strength', 0.7, { strength: 0.55 }],
		['seconds', 3, { seconds: 5 }],
		['num_frames', 25, { num_frames: 16 }],
		['fps', 16, { fps: 7 }],
		['seed', 1, { seed: 2 }],
		['output_type', 'mp4', { output_type: 'gif' }],
	])('is told where %s was %s and %o was used', (field, asked, meta) => {
		const { readSubmit } = providerById('modelslabV6');
		const body = { status: 'processing', id: 7, meta };
		const context = { nowMs: 0, baseUrl: 'https://modelslab.com' };
		const { job } = readSubmit({ status: 200, headers: {}, body }, { [field]: asked }, context);
		const used = String(Object.values(meta)[0]);
		expect(job?.warnings).toEqual([
			`The provider used ${field} ${used} instead of ${String(asked)}.`,
		]);
	});

	it('is not a warning where it is the same', () => {
		const shape = 'processing: output "", future_links that are no result yet';
		expect(submit('stableDiffusionV5', shape)).not.toHaveProperty('warnings');
	});

	it('keeps the tracking id where the reply does not repeat it', () => {
		const job = submit('stableDiffusionEnterprise', 'success at once', { track_id: 'order-1' });
		expect(job.trackingId).toBe('order-1');
	});
});

describe('what a job of AI/ML API cost', () => {
	const provider = providerById('aimlapiPixverse');
	const context = { nowMs: 0, baseUrl: provider.account.defaultBaseUrl };
	const usage = (credits_used: number) => ({
		id: 'a',
		status: 'queued',
		meta: { usage: { credits_used } },
	});
	const headers = { 'x-aimlapi-credits-used': '5', 'x-aimlapi-usd-spent': '0.42' };
	const { job } = provider.readSubmit({ status: 200, headers, body: { id: 'a' } }, {}, context);

	it('is read from the headers of the submit', () => {
		expect(job!.cost).toEqual({
			credits: 5,
			usd: 0.42,
			source: 'headers',
		});
	});

	it('is not forgotten by a question that cost nothing', () => {
		const free = { 'x-aimlapi-credits-used': '0', 'x-aimlapi-usd-spent': '0' };
		const reply = { status: 200, headers: free, body: { id: 'a', status: 'generating' } };
		expect(provider.readFetch(reply, job!, context).job!.cost).toEqual({
			credits: 5,
			usd: 0.42,
			source: 'headers',
		});
	});

	it('is corrected by what the job itself says', () => {
		const reply = { status: 200, headers: {}, body: usage(7) };
		expect(provider.readFetch(reply, job!, context).job!.cost).toEqual({
			credits: 7,
			usd: 0.42,
			source: 'reply',
		});
	});
});

it('no provider says that it calls back without a field for the address', () => {
	const named = providers.flatMap(({ id, capabilities: { callback, trackingField }, request }) =>
		[callback?.field, trackingField].flatMap((field) =>
			field === undefined ? [] : [{ id, field, isThere: field in request.shape }],
		),
	);
	expect(named.filter(({ isThere }) => !isThere)).toEqual([]);
	expect(named.map(({ id, field }) => `${id} ${field}`)).toMatchInlineSnapshot(`
		[
		  "localGpu webhook_url",
		  "localGpu track_id",
		  "stableDiffusionV4 webhook",
		  "stableDiffusionV4 track_id",
		  "stableDiffusionEnterprise webhook",
		  "stableDiffusionEnterprise track_id",
		  "modelslabV6 webhook",
		  "modelslabV6 track_id",
		  "modelslabV6Ultra webhook",
		  "modelslabV6Ultra track_id",
		  "modelslabV7 webhook",
		  "modelslabV7 track_id",
		  "novita webhook_url",
		  "aimlapiPixverse client_request_id",
		  "aimlapi client_request_id",
		]
	`);
});

describe('a model that the provider does not have (any more)', () => {
	const refusalOf = (model: string, body: unknown = { message: 'Model is deprecated' }) => {
		const reply = { status: 404, headers: {}, body };
		const context = { nowMs: 0, baseUrl: 'https://api.aimlapi.com' };
		return aimlapiAnyModel.readSubmit(reply, { model, prompt: 'A boat' }, context).failure;
	};

	it.each([
		['luma/ray-1-6', /has retired luma\/ray-1-6\. Take .+ \(.+\) instead/],
		['klingai/video-v9', /does not have klingai\/video-v9.* Take .+ \(klingai\/.+\) instead/],
		['nobody/nothing', /does not have nobody\/nothing.* Take .+ \(.+\) instead/],
	])('%s: names another one', (model, advice) => {
		const failure = refusalOf(model);
		expect(failure).toMatchObject({ code: 'model_not_found', accepted: 'no' });
		expect(failure?.advice).toMatch(advice);
	});

	it('is not what a page that is not there means', () => {
		expect(refusalOf('klingai/video-v9', '<html>Not Found</html>')?.code).toBe('not_found');
	});
});

describe('a question that submits nothing', () => {
	it('leaves nothing in doubt, and the advice is about the question', () => {
		const told = httpFailure({ status: 503, headers: { 'retry-after': '7' }, body: 'busy' });
		expect(questionFailure(told)).toStrictEqual({
			code: 'provider_error',
			message: 'The service answered with HTTP 503: busy.',
			advice: 'The provider has a problem. Try again later.',
			retryable: true,
			accepted: 'no',
			httpStatus: 503,
			retryAfterSeconds: 7,
		});
	});

	it('keeps advice of its own, and what was certain before', () => {
		const own = failure('provider_error', 'Odd.', { accepted: 'unknown', advice: 'Ring them.' });
		expect(questionFailure(own)).toMatchObject({ accepted: 'no', advice: 'Ring them.' });
		const certain = httpFailure({ status: 401, headers: {}, body: '' });
		expect(questionFailure(certain)).toBe(certain);
	});
});
