/** What an OpenAI Videos server answers about a video, member by member, and how its errors are told. */
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../providers/contract';
import {
	readCancel,
	readFailure,
	readFetch,
	readSubmit,
} from '../../../providers/localGpu/replies';
import { newJob } from '../../../providers/replies/job';

const NOW_MS = Date.UTC(2026, 0, 1);
const CONTEXT = { nowMs: NOW_MS, baseUrl: 'http://127.0.0.1:8484' };
const JOB = newJob('localGpu', 'v1', NOW_MS);
const reply = (body: unknown, status = 200) => ({ status, headers: {}, body });
const fetch = (body: unknown, job: Job = JOB, status = 200) =>
	readFetch(reply(body, status), job, CONTEXT);
const submit = (body: unknown, status = 200) =>
	readSubmit('localGpu', reply(body, status), CONTEXT);

describe('a status', () => {
	it.each([
		...['queued', 'pending'].map((word) => [word, 'queued']),
		...['in_progress', 'processing', 'warming_up'].map((word) => [word, 'processing']),
		...['completed', 'complete', 'succeeded', 'success', 'done', 'COMPLETED'].map((word) => [
			word,
			'succeeded',
		]),
		...['failed', 'error', 'expired', 'Failed'].map((word) => [word, 'failed']),
		...['cancelled', 'canceled', 'deleted'].map((word) => [word, 'cancelled']),
	])('%s is %s', (status, known) => {
		expect(fetch({ id: 'v1', status }).job?.status).toBe(known);
		expect(submit({ id: 'v1', status }).job?.status).toBe(known);
	});

	it.each([[{ id: 'v1' }], [{ status: '' }], [{ status: 7 }], ['text'], [null]])(
		'that is not told in %j is no answer to a question',
		(body) => {
			expect(fetch(body).failure).toMatchObject({ accepted: 'yes' });
		},
	);
});

describe('a video object', () => {
	it('has what the server tells', () => {
		const body = {
			...{ id: 'v1', status: 'in_progress', progress: 33, eta_seconds: 12, seed: 7 },
			...{ settings: { steps: 25 }, warnings: ['No seed.', { message: 'x' }], track_id: 'mine' },
		};
		expect(fetch(body).job).toStrictEqual({
			...JOB,
			...{ status: 'processing', progress: 33, etaSeconds: 12, seed: 7, trackingId: 'mine' },
			...{ settings: { steps: 25 }, warnings: ['No seed.', 'message: x'] },
		});
	});

	it('keeps what was known where nothing new is told, but no old estimate', () => {
		const known = {
			...JOB,
			...{ progress: 20, etaSeconds: 50, seed: 7, settings: { steps: 25 } },
			...{ warnings: ['No seed.'], trackingId: 'mine' },
		};
		const { etaSeconds: _old, ...kept } = known;
		const empty = { progress: null, seed: '', settings: null, warnings: [], track_id: '' };
		for (const told of [{}, empty, { warnings: 'none' }, { warnings: [null, ''] }])
			expect(fetch({ status: 'queued', ...told }, known).job).toStrictEqual(kept);
	});

	it('has one warning as it has several', () => {
		const { job } = fetch({ status: 'queued', warnings: ['No seed.'] });
		expect(job?.warnings).toStrictEqual(['No seed.']);
	});

	it('of a server without settings has those members that say what was made', () => {
		const body = { model: 'wan', size: '832x480', seconds: '4', fps: 16, num_frames: 65 };
		expect(fetch({ status: 'queued', ...body, quality: 'high' }).job?.settings).toStrictEqual(body);
		expect(fetch({ status: 'queued', model: 'wan', size: null }).job?.settings).toStrictEqual({
			model: 'wan',
		});
	});

	it('ends when the server says, or else now', () => {
		const endOf = (completed_at: unknown) =>
			fetch({ status: 'completed', completed_at }).job?.finishedAt;
		expect(endOf(1_700_000_000)).toBe('2023-11-14T22:13:20.000Z');
		for (const none of [0, null, undefined, 'soon'])
			expect(endOf(none)).toBe(new Date(NOW_MS).toISOString());
		const finishedAt = '2023-11-14T22:13:20.000Z';
		const over = { ...JOB, status: 'succeeded' as const, finishedAt };
		expect(fetch({ status: 'completed' }, over).job?.finishedAt).toBe(finishedAt);
		expect(fetch({ status: 'queued', completed_at: null }).job).not.toHaveProperty('finishedAt');
	});
});

describe('the file', () => {
	const video = (body: object) => fetch({ status: 'completed', ...body }).job?.videos;

	it('lies at the server itself, with its key', () => {
		expect(
			readFetch(reply({ status: 'done' }), newJob('localGpu', 'v/1', 0), CONTEXT).job?.videos,
		).toStrictEqual([
			{
				url: 'http://127.0.0.1:8484/v1/videos/v%2F1/content',
				mimeType: 'video/mp4',
				requiresKey: true,
			},
		]);
	});

	it('lies at an address that is handed out, without a key', () => {
		expect(video({ url: 'https://files.acme.io/a' })).toStrictEqual([
			{ url: 'https://files.acme.io/a', mimeType: 'video/mp4' },
		]);
		for (const url of ['file:///a.mp4', '', null])
			expect(video({ url })).toMatchObject([{ requiresKey: true }]);
	});

	it.each([
		[{ media_type: 'video/webm', output_format: 'gif' }, 'video/webm'],
		[{ media_type: '', output_format: 'gif' }, 'image/gif'],
		[{ output_format: '' }, 'video/mp4'],
	])('is of the kind that %j says: %s', (body, mimeType) => {
		expect(video(body)).toMatchObject([{ mimeType }]);
	});

	it('has an end where the server says so', () => {
		expect(video({ expires_at: 1_700_000_000 })).toMatchObject([
			{ expiresAt: '2023-11-14T22:13:20.000Z' },
		]);
		for (const expires_at of [0, null, 'soon'])
			expect(video({ expires_at })?.[0]).not.toHaveProperty('expiresAt');
	});

	it('is not there before the end, and not after a bad one', () => {
		const url = 'https://files.acme.io/a';
		for (const status of ['queued', 'in_progress', 'failed', 'cancelled'])
			expect(fetch({ status, url }).job?.videos).toStrictEqual([]);
	});
});

describe('a bad end', () => {
	it.each([
		['failed', { error: { code: 'X', message: 'No memory' } }, 'generation_failed', 'No memory'],
		['failed', { error: 'No memory' }, 'generation_failed', 'No memory'],
		['failed', { error: null }, 'generation_failed', 'The video could not be made.'],
		['failed', { error: { code: 'model_not_found', message: 'No wan' } }, 'model_not_found', /wan/],
		['failed', { error: { code: 'queue_full', message: 'Full' } }, 'rate_limited', 'Full'],
		['cancelled', {}, 'cancelled', 'The job was cancelled.'],
		['cancelled', { error: { message: 'By you' } }, 'cancelled', 'By you'],
	])('%s with %j is told as %s', (status, body, code, message) => {
		const { job } = fetch({ status, ...body });
		expect(job?.failure).toMatchObject({ code, accepted: 'yes', retryable: false });
		expect(job?.failure?.message).toMatch(message);
	});

	it.each(['queued', 'in_progress', 'completed'])('is not told of a job that is %s', (status) => {
		expect(fetch({ status, error: 'Old' }).job).not.toHaveProperty('failure');
	});
});

describe('a job in an error reply', () => {
	const failed = { object: 'video', id: 'v1', status: 'failed', error: { message: 'No memory' } };
	const { object: _object, ...plain } = failed;
	const { id: _id, ...nameless } = failed;

	it.each([
		['as it is', failed],
		['under detail', { detail: failed }],
		['without its kind', plain],
		['without its id', nameless],
		['that was cancelled', { ...failed, status: 'Cancelled' }],
	])('is a job that ended: %s', (_how, body) => {
		for (const status of [400, 500])
			expect(fetch(body, JOB, status).job?.status).toMatch(/failed|cancelled/);
	});

	it.each([
		['of another job', { ...failed, id: 'v2' }, 400],
		['that is still open', { ...failed, status: 'queued' }, 400],
		['that is done', { ...failed, status: 'completed' }, 400],
		['without a status', { ...failed, status: undefined }, 400],
		['that names no job at all', { status: 'failed', detail: 'No memory' }, 400],
		['below HTTP 400', { ...failed, id: 'v1' }, 399],
	])('is none where it is one %s', (_which, body, status) => {
		expect(fetch(body, JOB, status).failure).toMatchObject({ accepted: 'yes' });
	});

	it('ends a submit, where it has an id', () => {
		expect(submit(failed, 500).job).toMatchObject({ jobId: 'v1', status: 'failed' });
		expect(submit({ detail: failed }, 422).job).toMatchObject({ jobId: 'v1', status: 'failed' });
		expect(submit(nameless, 500).failure).toBeDefined();
	});
});

describe('a submit', () => {
	it.each([
		[{ id: 'v1', status: 'queued' }, 300],
		[{ id: '', status: 'queued' }, 200],
		[{ status: 'queued' }, 200],
		['text', 200],
		[null, 200],
	])('answered with %j and HTTP %i has made no job', (body, status) => {
		expect(submit(body, status).job).toBeUndefined();
		expect(submit(body, status).failure).toBeDefined();
	});

	it('answered with an id has, whatever else is left out', () => {
		expect(submit({ id: 7 }, 299).job).toMatchObject({ jobId: '7', status: 'processing' });
		expect(fetch({ status: 'queued' }, JOB, 299).job?.status).toBe('queued');
		expect(fetch({ status: 'queued' }, JOB, 300).failure).toBeDefined();
	});
});

it('a job that is taken back is cancelled, whatever the server says of it', () => {
	for (const body of [{ deleted: true }, { status: 'deleted' }, '']) {
		const { job } = readCancel(reply(body, 299), JOB, CONTEXT);
		expect(job).toMatchObject({
			...{ jobId: 'v1', status: 'cancelled', finishedAt: new Date(NOW_MS).toISOString() },
			failure: { code: 'cancelled', message: 'The job was cancelled.', accepted: 'yes' },
		});
	}
	expect(readCancel(reply({}, 300), JOB, CONTEXT).failure).toMatchObject({ accepted: 'yes' });
});

describe('an error', () => {
	const told = (body: unknown, status = 400) => readFailure(reply(body, status));

	it.each([
		['invalid_request', 'invalid_request'],
		['unsupported_field', 'invalid_request'],
		['model_not_found', 'model_not_found'],
		['cancelled', 'cancelled'],
		['invalid_api_key', 'invalid_key'],
		['queue_full', 'rate_limited'],
		['rate_limit_exceeded', 'rate_limited'],
	])('with the code %s is %s, whatever its status', (code, known) => {
		for (const status of [200, 418, 503])
			expect(told({ error: { code, message: 'x' } }, status).code).toBe(known);
	});

	it.each([
		[{ error: { message: 'Invalid API key' } }, 400, 'invalid_key'],
		[{ error: { message: 'Bad size' } }, 400, 'invalid_request'],
		[{ error: { message: 'The model was not found' } }, 422, 'model_not_found'],
		[{ error: { message: 'The model was not found' } }, 499, 'model_not_found'],
		[{ error: { message: 'The model was not found' } }, 404, 'not_found'],
		[{ error: { message: 'The model was not found' } }, 500, 'provider_error'],
		[{ error: { message: 'The model was not found' } }, 399, 'moved'],
		[{}, 401, 'invalid_key'],
		['text', 503, 'provider_error'],
	])('%j with HTTP %i is %s', (body, status, code) => {
		expect(told(body, status).code).toBe(code);
	});

	it.each([
		[{ error: { message: 'Bad size' }, message: 'Other' }, 'Bad size'],
		[{ error: 'Bad size' }, 'Bad size'],
		[{ detail: 'Video not found' }, 'Video not found'],
		[{ detail: { reason: 'Full' } }, 'reason: Full'],
		[
			{ detail: [{ loc: ['body', 'size'], msg: 'Too big', type: 'x' }, { msg: 'No prompt' }] },
			'size: Too big; No prompt',
		],
		[
			{ detail: [{ loc: ['body', 'prompts', 0], msg: 'Too long' }, 'Bad'] },
			'prompts.0: Too long; Bad',
		],
		[{ detail: [{ msg: 7 }] }, 'msg: 7'],
		[{ detail: [{ msg: 'Bad' }, null] }, 'Bad'],
		[{ detail: [], message: 'Bad' }, 'Bad'],
		[{ detail: [null], message: 'Bad' }, 'Bad'],
		[{ message: 'Bad' }, 'Bad'],
		[{}, 'The service answered with HTTP 400.'],
	])('%j is told as "%s"', (body, message) => {
		expect(told(body).message).toBe(message);
	});

	it('of a question says that the job exists', () => {
		expect(readFailure(reply({}, 404), 'yes').accepted).toBe('yes');
		expect(told({}, 404).accepted).toBe('no');
	});
});
