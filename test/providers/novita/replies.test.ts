/** What Novita answers about a job, member by member, and how each of its reasons is told. */
import { describe, expect, it } from 'vitest';
import { readFailure, readFetch, readSubmit } from '../../../providers/novita/replies';
import { newJob } from '../../../providers/replies/job';

const NOW_MS = Date.UTC(2026, 0, 1);
const CONTEXT = { nowMs: NOW_MS, baseUrl: 'https://api.novita.ai' };
const JOB = newJob('novita', 't1', NOW_MS);
const VIDEO = { video_url: 'https://files.acme.io/a', video_url_ttl: '3600', video_type: 'mp4' };
const reply = (body: unknown, status = 200) => ({ status, headers: {}, body });

const fetch = (task: object, more: object = {}, job = JOB) =>
	readFetch(reply({ task: { task_id: 't1', ...task }, ...more }), job, CONTEXT);

describe('a status', () => {
	it.each([
		['TASK_STATUS_QUEUED', 'queued'],
		['TASK_STATUS_PROCESSING', 'processing'],
		['TASK_STATUS_SUCCEED', 'succeeded'],
		['TASK_STATUS_FAILED', 'failed'],
		['TASK_STATUS_UNKNOWN', 'processing'],
		['', 'processing'],
		[undefined, 'processing'],
		[3, 'processing'],
	])('%s is %s', (status, known) => {
		expect(fetch({ status }, { videos: [VIDEO] }).job?.status).toBe(known);
	});
});

describe('a job that is open', () => {
	it('has its progress, its estimate and its seed, where they are told', () => {
		const task = { status: 'TASK_STATUS_PROCESSING', progress_percent: 45, eta: 12 };
		expect(fetch(task, { extra: { seed: '77' } }).job).toStrictEqual({
			...JOB,
			...{ status: 'processing', progress: 45, etaSeconds: 12, seed: 77 },
		});
	});

	it('keeps what was known where nothing new is told, but no old estimate', () => {
		const known = { ...JOB, progress: 40, seed: 7, etaSeconds: 30 };
		const task = { status: 'TASK_STATUS_PROCESSING', eta: 0 };
		for (const extra of [undefined, null, 'text', {}, { seed: 'none' }]) {
			expect(fetch(task, { extra }, known).job).toStrictEqual({
				...JOB,
				...{ status: 'processing', progress: 40, seed: 7 },
			});
		}
	});

	it('has no video yet, whatever stands in its place', () => {
		const { job } = fetch({ status: 'TASK_STATUS_PROCESSING' }, { videos: [VIDEO] });
		expect(job?.videos).toStrictEqual([]);
		expect(job).not.toHaveProperty('failure');
	});
});

describe('a video', () => {
	const done = (videos: unknown) => fetch({ status: 'TASK_STATUS_SUCCEED' }, { videos });

	it('has its address, its kind and its end', () => {
		expect(done([VIDEO]).job?.videos).toStrictEqual([
			{
				url: VIDEO.video_url,
				mimeType: 'video/mp4',
				expiresAt: new Date(NOW_MS + 3_600_000).toISOString(),
			},
		]);
		const { job } = done([{ ...VIDEO, video_type: 'gif', video_url_ttl: 1 }]);
		expect(job?.videos[0]).toMatchObject({
			mimeType: 'image/gif',
			expiresAt: new Date(NOW_MS + 1000).toISOString(),
		});
	});

	it('goes by its address where its kind or its end is not told', () => {
		const { job } = done([{ video_url: 'https://files.acme.io/a.gif', video_url_ttl: '0' }]);
		expect(job?.videos).toStrictEqual([
			{ url: 'https://files.acme.io/a.gif', mimeType: 'image/gif' },
		]);
	});

	it('ends when its signed address does, before its lifetime is looked at', () => {
		const video_url = 'https://files.acme.io/a.mp4?X-Amz-Date=20260101T000000Z&X-Amz-Expires=60';
		expect(done([{ ...VIDEO, video_url }]).job?.videos[0]?.expiresAt).toBe(
			'2026-01-01T00:01:00.000Z',
		);
	});

	it.each([[[]], [undefined], [{}], [[{ video_url: '' }]]])(
		'that is missing is no end: %j is asked for again',
		(videos) => {
			expect(done(videos).failure).toMatchObject({ code: 'unreadable_reply', accepted: 'yes' });
		},
	);
});

describe('a failed job', () => {
	it.each([
		['The prompt is illegal', 'prompt_refused', 'The prompt is illegal'],
		['Out of memory', 'generation_failed', 'Out of memory'],
		['No balance', 'generation_failed', 'No balance'],
		['', 'generation_failed', expect.stringMatching(/no reason/)],
		[undefined, 'generation_failed', expect.stringMatching(/no reason/)],
	])('with the reason %j is told as %s', (reason, code, message) => {
		const { job } = fetch({ status: 'TASK_STATUS_FAILED', reason });
		expect(job?.failure).toMatchObject({ code, message: message as string, accepted: 'yes' });
	});
});

describe('an answer that is none', () => {
	it.each([
		[{ task_id: 't1' }, 300],
		[{ task_id: '' }, 200],
		['text', 200],
		[null, 200],
	])('to a submit: %j with HTTP %i', (body, status) => {
		expect(readSubmit('novita', reply(body, status), CONTEXT).job).toBeUndefined();
	});

	it.each([
		[{ task: { status: 'TASK_STATUS_QUEUED' } }, 300],
		[{ task: 'text' }, 200],
		['text', 200],
	])('to a question: %j with HTTP %i', (body, status) => {
		expect(readFetch(reply(body, status), JOB, CONTEXT)).toMatchObject({
			failure: { accepted: 'yes' },
		});
	});

	it('is none only from HTTP 300 on', () => {
		expect(readSubmit('novita', reply({ task_id: 7 }, 299), CONTEXT).job?.jobId).toBe('7');
		const task = { status: 'TASK_STATUS_QUEUED' };
		expect(readFetch(reply({ task }, 299), JOB, CONTEXT).job?.status).toBe('queued');
	});
});

describe('a reason', () => {
	it.each([
		['INVALID_REQUEST_BODY', 'invalid_request'],
		['MISSING_API_KEY', 'invalid_key'],
		['INVALID_API_KEY', 'invalid_key'],
		['ILLEGAL_PROMPT', 'prompt_refused'],
		['ILLEGAL_IMAGE_CONTENT', 'prompt_refused'],
		['BILLING_BALANCE_NOT_ENOUGH', 'no_credit'],
		['BILLING_AUTH_FAILED', 'no_credit'],
		['BILLING_FAILED', 'provider_error'],
		['FEATURE_NOT_ALLOWED', 'not_allowed'],
		['API_NOT_ALLOWED', 'not_allowed'],
		['NEED_REAL_NAME_VERIFY', 'not_allowed'],
		['ANONYMOUS_ACCESS_QUOTA_EXCEEDS', 'no_credit'],
		['RATE_LIMIT_EXCEEDED', 'rate_limited'],
		['API_NOT_FOUND', 'not_found'],
		['TASK_NOT_FOUND', 'not_found'],
		['CREATE_TASK_FAILED', 'provider_error'],
		['GET_RESULT_FAILED', 'provider_error'],
		['TASK_FAILED', 'provider_error'],
	])('%s decides before the HTTP status: %s', (reason, code) => {
		for (const status of [302, 418, 503])
			expect(readFailure(reply({ reason }, status)).code).toBe(code);
	});

	const codeOf = (body: unknown, status: number) => readFailure(reply(body, status)).code;
	it('that is not known leaves it to the words, and then to the HTTP status', () => {
		const words = { reason: 'SOMETHING_NEW', message: 'The model was not found' };
		expect(codeOf(words, 400)).toBe('model_not_found');
		expect(codeOf(words, 499)).toBe('model_not_found');
		expect(codeOf(words, 399)).toBe('moved');
		expect(codeOf(words, 500)).toBe('provider_error');
		expect(codeOf({ reason: 'SOMETHING_NEW' }, 402)).toBe('no_credit');
		expect(codeOf({}, 300)).toBe('moved');
		expect(codeOf({}, 299)).toBe('unreadable_reply');
		expect(codeOf('text', 401)).toBe('invalid_key');
	});

	it('that an invalid request shares with an unknown model goes by the words', () => {
		const told = (message: string, reason = 'INVALID_REQUEST_BODY') =>
			codeOf({ reason, message }, 400);
		expect(told('The model was not found')).toBe('model_not_found');
		expect(told('The balance is too low')).toBe('invalid_request');
		expect(told('The model was not found', 'ILLEGAL_PROMPT')).toBe('prompt_refused');
	});

	it.each([
		[{ message: 'Too fast', reason: 'RATE_LIMIT_EXCEEDED' }, 'Too fast (RATE_LIMIT_EXCEEDED)'],
		[{ message: 'TASK_FAILED: no room', reason: 'TASK_FAILED' }, 'TASK_FAILED: no room'],
		[{ message: 'Too fast' }, 'Too fast'],
		[{ reason: 'TASK_FAILED' }, 'TASK_FAILED'],
		[{ message: '', reason: '' }, 'The service answered with HTTP 400.'],
	])('%j is told as "%s"', (body, message) => {
		expect(readFailure(reply(body, 400)).message).toBe(message);
	});

	it('of a question says that the job exists, and of a submit that it does not', () => {
		const body = { reason: 'RATE_LIMIT_EXCEEDED' };
		expect(readFailure(reply(body, 429), 'yes').accepted).toBe('yes');
		expect(readFailure(reply(body, 429)).accepted).toBe('no');
	});
});
