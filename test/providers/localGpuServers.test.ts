/** How other OpenAI Videos servers answer: the provider "Local GPU" is pointed at them, too. */
import { describe, expect, it } from 'vitest';
import { localGpu } from '../../providers/localGpu';
import { newJob } from '../../providers/replies/job';

const CONTEXT = { nowMs: 1_000_000, baseUrl: 'http://127.0.0.1:8000' };
const JOB = newJob('localGpu', 'video_gen_1', 0);
const FAILED = {
	id: 'video_gen_1',
	object: 'video',
	status: 'failed',
	error: { code: 'GENERATION_ERROR', message: 'The prompt was refused.' },
};

const fetch = (status: number, body: unknown) =>
	localGpu.readFetch({ status, headers: {}, body }, JOB, CONTEXT);

describe('a failed job in an error reply', () => {
	it.each([400, 422, 500, 503])('is a failed job: HTTP %i', (status) => {
		expect(fetch(status, FAILED)).toMatchObject({
			job: {
				jobId: 'video_gen_1',
				status: 'failed',
				failure: { message: 'The prompt was refused.', retryable: false },
			},
		});
	});

	it('is one inside FastAPI’s detail, too', () => {
		expect(fetch(500, { detail: FAILED }).job?.status).toBe('failed');
	});

	it('ends a job that was submitted', () => {
		const reply = { status: 500, headers: {}, body: FAILED };
		const reading = localGpu.readSubmit(reply, {}, CONTEXT);
		expect(reading).toMatchObject({ job: { jobId: 'video_gen_1', status: 'failed' } });
	});

	it.each([
		['another job', { ...FAILED, id: 'video_gen_2' }],
		['a job that is open', { ...FAILED, status: 'in_progress' }],
		['a job without a status', { id: 'video_gen_1', object: 'video' }],
		['an error of the server', { status: 'error', message: 'Restarting' }],
	])('is none where the body is %s', (_what, body) => {
		expect(fetch(503, body)).toMatchObject({ failure: { code: 'provider_error' } });
	});
});

describe('words for a status', () => {
	it.each([
		['succeeded', 'succeeded'],
		['success', 'succeeded'],
		['done', 'succeeded'],
		['Completed', 'succeeded'],
		['error', 'failed'],
		['pending', 'queued'],
		['warming_up', 'processing'],
	])('%s is %s', (status, known) => {
		expect(fetch(200, { id: 'video_gen_1', status }).job?.status).toBe(known);
	});
});

describe('how long a video would take', () => {
	const { read } = localGpu.runTime!;
	const answered = (status: number, body: unknown) => read({ status, headers: {}, body });

	it('is what the server estimates', () => {
		expect(answered(200, { object: 'video.estimate', seconds: 42 })).toEqual({ seconds: 42 });
	});

	it.each([
		['a server without estimates', 404, { error: { message: 'Not Found' } }],
		['a server that answers everything with a page', 200, '<html></html>'],
		['a server that makes a video of it', 200, { object: 'video', id: 'video_1' }],
		['an estimate in an error reply', 503, { object: 'video.estimate', seconds: 42 }],
	])('is not known of %s', (_what, status, body) => {
		expect(answered(status, body)).toEqual({ failure: expect.anything() as object });
	});
});
