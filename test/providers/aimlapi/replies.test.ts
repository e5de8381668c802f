/** What AI/ML API answers about a generation, member by member, and how its errors are told. */
import { describe, expect, it } from 'vitest';
import { readFailure, readFetch, readSubmit } from '../../../providers/aimlapi/replies';
import type { Job } from '../../../providers/contract';
import { newJob } from '../../../providers/replies/job';

const NOW_MS = Date.UTC(2026, 0, 1);
const CONTEXT = { nowMs: NOW_MS, baseUrl: 'https://api.aimlapi.com' };
const JOB = newJob('aimlapi', 'g1', NOW_MS);
const URL_A = 'https://cdn.aimlapi.com/a.mp4';
const reply = (body: unknown, status = 200, headers = {}) => ({ status, headers, body });
const fetch = (body: object, headers = {}, job: Job = JOB) =>
	readFetch(reply({ id: 'g1', ...body }, 200, headers), job, CONTEXT);

describe('a status', () => {
	it.each([
		...['queued', 'pending', 'waiting'].map((word) => [word, 'queued']),
		...['generating', 'processing', 'running', 'in_progress', 'active', 'something_new'].map(
			(word) => [word, 'processing'],
		),
		...['completed', 'succeeded', 'success', 'done', 'ready', 'finished', 'Completed'].map(
			(word) => [word, 'succeeded'],
		),
		...['error', 'failed', 'timeout', 'timed_out', 'expired'].map((word) => [word, 'failed']),
		...['cancelled', 'canceled'].map((word) => [word, 'cancelled']),
	])('%s is %s', (status, known) => {
		expect(fetch({ status, video: { url: URL_A } }).job?.status).toBe(known);
	});

	it('that a submit leaves out is that of a job that waits', () => {
		expect(readSubmit('aimlapi', reply({ id: 'g1' }), {}, CONTEXT, undefined).job?.status).toBe(
			'queued',
		);
	});
});

describe('a video', () => {
	const done = (video: unknown) => fetch({ status: 'completed', video });

	it.each([
		[{ url: URL_A }, [{ url: URL_A, mimeType: 'video/mp4' }]],
		[URL_A, [{ url: URL_A, mimeType: 'video/mp4' }]],
		[
			[{ url: URL_A }, { url: `${URL_A}.gif` }, null],
			[
				{ url: URL_A, mimeType: 'video/mp4' },
				{ url: `${URL_A}.gif`, mimeType: 'image/gif' },
			],
		],
		[{ url: URL_A, content_type: 'video/webm' }, [{ url: URL_A, mimeType: 'video/webm' }]],
		[{ url: URL_A, content_type: '' }, [{ url: URL_A, mimeType: 'video/mp4' }]],
	])('is read from %j', (video, videos) => {
		expect(done(video).job).toMatchObject({ status: 'succeeded' });
		expect(done(video).job?.videos).toStrictEqual(videos);
	});

	it('says when its signed address ends', () => {
		const url = `${URL_A}?X-Amz-Date=20260101T000000Z&X-Amz-Expires=60`;
		expect(done({ url }).job?.videos[0]?.expiresAt).toBe('2026-01-01T00:01:00.000Z');
	});

	it.each([[null], [undefined], [{}], [{ url: 'file:///a' }], [[]]])(
		'that is %j is no end: it is asked for again',
		(video) => {
			expect(done(video).failure).toMatchObject({ code: 'unreadable_reply', accepted: 'yes' });
			const submitted = reply({ id: 'g1', status: 'completed', video });
			const { job } = readSubmit('aimlapi', submitted, {}, CONTEXT, undefined);
			expect(job).toMatchObject({ status: 'processing', videos: [] });
		},
	);

	it('is not there before the end', () => {
		expect(fetch({ status: 'generating', video: { url: URL_A } }).job?.videos).toStrictEqual([]);
	});
});

describe('an end without a video', () => {
	it.each([
		[
			'error',
			{ error: { name: 'Busy', message: 'No room' } },
			'generation_failed',
			'No room (Busy)',
		],
		['error', { error: { name: 'Busy', message: 'Busy now' } }, 'generation_failed', 'Busy now'],
		['error', { error: { name: 'Busy' } }, 'generation_failed', 'Busy'],
		['error', { error: { message: 'No room' } }, 'generation_failed', 'No room'],
		['error', { error: 'No room' }, 'generation_failed', 'No room'],
		['error', { error: null, message: 'No room' }, 'generation_failed', 'No room'],
		['error', { error: { message: 'NSFW content' } }, 'prompt_refused', 'NSFW content'],
		['error', { error: 'Insufficient credits' }, 'generation_failed', 'Insufficient credits'],
		['error', { error: null }, 'generation_failed', /could not make the video and gave no reason/],
		['cancelled', { error: 'By you' }, 'cancelled', 'By you'],
		['cancelled', {}, 'cancelled', 'The provider cancelled the job.'],
	])('%s with %j is told as %s', (status, body, code, message) => {
		const { job } = fetch({ status, ...body });
		expect(job?.failure).toMatchObject({ code, accepted: 'yes' });
		expect(job?.failure?.message).toMatch(message);
	});

	it.each(['queued', 'generating', 'completed'])('is not told of a job that is %s', (status) => {
		const { job } = fetch({ status, error: 'Old', video: { url: URL_A } });
		expect(job).not.toHaveProperty('failure');
	});
});

describe('the cost', () => {
	const costOf = (usage: unknown, headers = {}, cost?: Job['cost']) =>
		fetch({ status: 'generating', meta: { usage } }, headers, cost ? { ...JOB, cost } : JOB).job
			?.cost;
	const credits = { 'x-aimlapi-credits-used': '2000000' };
	const usd = { 'x-aimlapi-usd-spent': '0.75' };

	it.each([
		[{ credits_used: 3_120_000 }, {}, { credits: 3_120_000, usd: 1.56, source: 'reply' }],
		[{ tokens_used: 840_000 }, {}, { credits: 840_000, usd: 0.42, source: 'reply' }],
		[{ credits_used: 2, tokens_used: 9 }, usd, { credits: 2, usd: 0.75, source: 'reply' }],
		[{ usd_spent: 0.5 }, {}, { usd: 0.5, source: 'reply' }],
		[{ usd_spent: 0.5 }, { ...usd, ...credits }, { credits: 2e6, usd: 0.5, source: 'reply' }],
		[{}, credits, { credits: 2_000_000, usd: 1, source: 'headers' }],
		[undefined, usd, { usd: 0.75, source: 'headers' }],
		['text', { ...usd, ...credits }, { credits: 2_000_000, usd: 0.75, source: 'headers' }],
		[{ credits_used: 0, usd_spent: 0 }, {}, undefined],
		[{}, {}, undefined],
	])('of usage %j and headers %j is %j', (usage, headers, cost) => {
		expect(costOf(usage, headers)).toStrictEqual(cost);
	});

	it('stays where a later question cost nothing, and keeps what was quoted', () => {
		const known: Job['cost'] = { usd: 0.42, credits: 840_000, source: 'reply', quoted: 0.4 };
		expect(costOf({ credits_used: 0 }, {}, known)).toMatchObject({
			...{ usd: 0.42, credits: 840_000, quoted: 0.4 },
		});
		const quoted = { quoted: 0.4 };
		expect(costOf(undefined, {}, quoted)).toStrictEqual(quoted);
		expect(costOf({ credits_used: 2e6 }, {}, quoted)).toStrictEqual({
			...{ quoted: 0.4, credits: 2e6, usd: 1, source: 'reply' },
		});
		expect(costOf({ credits_used: 2e6 }, {}, known)).toMatchObject({ credits: 2e6, usd: 0.42 });
	});

	it('is not known of a job without usage', () => {
		for (const meta of [null, undefined, 'text'])
			expect(fetch({ status: 'generating', meta }).job).not.toHaveProperty('cost');
	});
});

describe('a submit', () => {
	const submit = (values: object, headers = {}, fetchUrl?: string) =>
		readSubmit('aimlapi', reply({ id: 'g1' }, 201, headers), values as never, CONTEXT, fetchUrl)
			.job;

	it('bears the word that it was given, or else the one that came back', () => {
		const headers = { 'x-client-request-id': 'longer' };
		expect(submit({ client_request_id: 'mine' }, headers)?.trackingId).toBe('mine');
		expect(submit({}, headers)?.trackingId).toBe('longer');
		expect(submit({})).not.toHaveProperty('trackingId');
		expect(submit({})).not.toHaveProperty('fetchUrl');
		expect(submit({}, {}, 'https://a.test/b')?.fetchUrl).toBe('https://a.test/b');
	});

	it.each([
		[{ id: 'g1' }, 300],
		[{ id: '' }, 200],
		[{}, 200],
		['text', 200],
		[null, 200],
	])('answered with %j and HTTP %i has made no job', (body, status) => {
		const read = readSubmit('aimlapi', reply(body, status), {}, CONTEXT, undefined);
		expect(read.job).toBeUndefined();
		expect(read.failure).toBeDefined();
	});

	it('answered with an id and HTTP 299 has', () => {
		const read = readSubmit('aimlapi', reply({ id: 7 }, 299), {}, CONTEXT, undefined);
		expect(read.job).toMatchObject({ provider: 'aimlapi', jobId: '7' });
	});
});

describe('an answer that is none to a question', () => {
	it.each([
		[{ status: 'queued' }, 300],
		[{}, 200],
		[{ status: '' }, 200],
		[{ status: 7 }, 200],
		['text', 200],
	])('%j with HTTP %i', (body, status) => {
		expect(readFetch(reply(body, status), JOB, CONTEXT).failure).toMatchObject({
			accepted: 'yes',
		});
	});

	it('is an answer up to HTTP 299', () => {
		expect(readFetch(reply({ status: 'queued' }, 299), JOB, CONTEXT).job?.status).toBe('queued');
	});
});

describe('an error', () => {
	const told = (body: unknown, status: number, accepted?: 'yes') =>
		readFailure(reply(body, status), accepted);

	it.each([
		[400, 'Bad body', 'invalid_request'],
		[400, 'Model does not exist', 'model_not_found'],
		[400, 'NSFW prompt', 'prompt_refused'],
		[404, 'Nothing here', 'not_found'],
		[404, 'Model not found', 'model_not_found'],
		[401, 'Model not found', 'invalid_key'],
		[402, 'Model not found', 'no_credit'],
		[403, 'Forbidden', 'no_credit'],
		[403, 'NSFW prompt', 'prompt_refused'],
		[429, 'Model not found', 'rate_limited'],
		[499, 'Model not found', 'model_not_found'],
		[500, 'Model not found', 'provider_error'],
		[504, 'Timed out', 'provider_error'],
		[399, 'Model not found', 'moved'],
	])('HTTP %i "%s" is %s', (status, message, code) => {
		expect(told({ message }, status)).toMatchObject({ code, message, httpStatus: status });
	});

	it('in a reply with HTTP 200 goes by the status in its body, which is text', () => {
		const body = { message: 'Slow down', statusCode: '429' };
		expect(told(body, 200)).toMatchObject({ code: 'rate_limited', httpStatus: 429 });
		expect(told(body, 299).httpStatus).toBe(429);
		expect(told(body, 300).httpStatus).toBe(300);
		expect(told({ message: 'What' }, 200).code).toBe('unreadable_reply');
	});

	it.each([
		[{ message: 'Bad', details: ['width', 'height'] }, 'Bad: width; height'],
		[{ details: 'width' }, 'width'],
		[{ error: { name: 'Busy', message: 'No room' } }, 'No room (Busy)'],
		[{ message: 'Bad', error: 'Other' }, 'Bad'],
		['text', 'The service answered with HTTP 400: text.'],
		[{}, 'The service answered with HTTP 400.'],
	])('%j is told as "%s"', (body, message) => {
		expect(told(body, 400).message).toBe(message);
	});

	it('of a question says that the job exists', () => {
		expect(told({}, 404, 'yes').accepted).toBe('yes');
		expect(told({}, 404).accepted).toBe('no');
	});
});
