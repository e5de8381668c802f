/** What Stable Diffusion API and ModelsLab answer about a job, member by member. */
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../providers/contract';
import { newJob } from '../../../providers/replies/job';
import {
	fetchCall,
	KEY_HOSTS,
	readCallback,
	readFetch,
	readSubmit,
} from '../../../providers/stableDiffusionApi/replies';

const NOW_MS = Date.UTC(2026, 0, 1);
const CONTEXT = { nowMs: NOW_MS, baseUrl: 'https://stablediffusionapi.com' };
const JOB = newJob('stableDiffusionV4', '7', NOW_MS);
const URL_A = 'https://files.acme.io/a.mp4';
const URL_B = 'https://files.acme.io/b.mp4';
const reply = (body: unknown, status = 200) => ({ status, headers: {}, body });
const submit = (body: unknown, values: object = {}, status = 200) =>
	readSubmit('stableDiffusionV4', reply(body, status), values as never, CONTEXT);
const fetch = (body: unknown, job: Job = JOB, status = 200) =>
	readFetch(reply(body, status), job, CONTEXT);

describe('a status', () => {
	it.each([
		['success', 'succeeded'],
		['Success', 'succeeded'],
		['processing', 'processing'],
		['queued', 'queued'],
		['error', 'failed'],
		['failed', 'failed'],
		['uploading', 'processing'],
		[undefined, 'processing'],
	])('%s of a submit is %s', (status, known) => {
		expect(submit({ id: 7, status, output: [URL_A] }).job?.status).toBe(known);
	});

	it.each([[{ id: 7 }], [{ status: '' }], [{ status: 7 }], ['text'], [[]], [null]])(
		'that is not told in %j is no answer to a question',
		(body) => {
			expect(fetch(body).failure).toMatchObject({ accepted: 'yes' });
		},
	);

	it('with an HTTP error is none either, of a submit and of a question', () => {
		const open = { status: 'processing', id: 7 };
		expect(fetch(open, JOB, 299).job?.status).toBe('processing');
		expect(fetch(open, JOB, 300).failure).toMatchObject({ accepted: 'yes' });
		expect(submit(open, {}, 299).job?.jobId).toBe('7');
		expect(submit(open, {}, 300).failure).toBeDefined();
	});
});

describe('an id', () => {
	const at = (fetch_result: string) => ({ status: 'processing', fetch_result });
	const host = 'https://modelslab.com/api/v6/video';

	it.each([
		[{ id: 7, meta: { id: '8' } }, '7'],
		[{ id: 'a-7' }, 'a-7'],
		[{ id: '', meta: { id: '8' } }, '8'],
		[{ ...at(`${host}/fetch/9`) }, '9'],
		[{ ...at(`${host}/fetch/9?x=1`) }, '9'],
		[{ ...at(`${host}/fetch/9#x`) }, '9'],
		[{ ...at(`${host}/fetch/9/x`) }, '9'],
	])('is found in %j', (body, jobId) => {
		const { job } = submit({ status: 'processing', ...body });
		expect(job).toMatchObject({ provider: 'stableDiffusionV4', jobId, status: 'processing' });
	});

	it.each([
		[{ status: 'processing', meta: 'text' }],
		[at('not an address/fetch/9')],
		[at(`${host}/get/9`)],
		[{ status: 'Processing' }],
	])('that is nowhere in %j leaves a job that nobody can ask for', (body) => {
		expect(submit(body).failure).toMatchObject({
			...{ code: 'unreadable_reply', accepted: 'unknown', httpStatus: 200 },
			message: expect.stringMatching(/gave no id/) as string,
		});
	});

	it.each([[{}], [{ status: '' }], [{ status: 'error' }], [{ error: 'Bad' }], ['text'], [null]])(
		'is not expected of %j',
		(body) => {
			const { failure } = submit(body);
			expect(failure?.message).not.toMatch(/gave no id/);
			expect(failure).toBeDefined();
		},
	);
});

describe('a job', () => {
	const body = {
		...{ status: 'processing', id: 7, eta: 21.5, track_id: 300 },
		fetch_result: 'https://modelslab.com/api/v6/video/fetch/7',
		meta: { seed: '5', W: 512, track_id: 'other' },
	};

	it('has what the reply tells', () => {
		expect(fetch(body).job).toStrictEqual({
			...JOB,
			...{ status: 'processing', etaSeconds: 21.5, trackingId: '300', seed: 5 },
			...{ fetchUrl: body.fetch_result, settings: { seed: '5', W: 512 } },
		});
	});

	it.each([
		[{ meta: { seed: 5 }, seed: 6 }, { seed: 5 }],
		[{ seed: 6 }, { seed: 6 }],
		[{ meta: { track_id: 'm' } }, { trackingId: 'm' }],
		[{ track_id: 't', meta: { track_id: 'm' } }, { trackingId: 't' }],
	])('has of %j %j', (more, expected) => {
		expect(fetch({ status: 'processing', ...more }).job).toMatchObject(expected);
	});

	it('keeps what was known where nothing new is told, but no old estimate', () => {
		const known = {
			...{ ...JOB, status: 'processing' as const, seed: 5, settings: { W: 512 } },
			...{ trackingId: 'mine', fetchUrl: 'https://modelslab.com/fetch/7' },
		};
		const nothing = { eta: 0, seed: null, track_id: '', fetch_result: '', meta: 'none' };
		for (const more of [{}, nothing, { meta: {} }]) {
			const told = fetch({ status: 'processing', ...more }, { ...known, etaSeconds: 9 });
			expect(told.job).toStrictEqual(known);
		}
	});

	it('bears the word that its request was given', () => {
		const open = { status: 'processing', id: 7 };
		expect(submit(open, { track_id: 'mine' }).job?.trackingId).toBe('mine');
		expect(submit({ ...open, track_id: 'theirs' }, { track_id: 'mine' }).job?.trackingId).toBe(
			'theirs',
		);
		for (const values of [{}, { track_id: '' }])
			expect(submit(open, values).job).not.toHaveProperty('trackingId');
	});

	it('warns of what was not heeded', () => {
		const asked = { num_inference_steps: 30 };
		const used = { status: 'processing', id: 7, meta: { steps: 20 } };
		expect(submit(used, asked).job?.warnings).toStrictEqual([
			'The provider used num_inference_steps 20 instead of 30.',
		]);
		expect(submit({ ...used, meta: { steps: 30 } }, asked).job).not.toHaveProperty('warnings');
	});
});

describe('a video', () => {
	it.each([
		[{ output: [URL_A, URL_B] }, [URL_A, URL_B]],
		[{ output: URL_A }, [URL_A]],
		[{ output: [{ url: URL_A }, null, 'text'] }, [URL_A]],
		[{ output: [], output_url: URL_A, links: [URL_B] }, [URL_A]],
		[{ output: '', links: [URL_A], proxy_links: [URL_B] }, [URL_A]],
		[{ proxy_links: [URL_A], future_links: [URL_B] }, [URL_A]],
		[{ output: [URL_A], output_url: URL_B }, [URL_A]],
	])('is found in %j', (body, urls) => {
		const { job } = fetch({ status: 'success', ...body });
		expect(job?.status).toBe('succeeded');
		expect(job?.videos).toStrictEqual(urls.map((url) => ({ url, mimeType: 'video/mp4' })));
	});

	it('that has only its future address is on its way', () => {
		const { job } = fetch({ status: 'success', output: [], future_links: [URL_A] });
		expect(job).toMatchObject({ status: 'processing', videos: [] });
	});

	it('that is nowhere is no end: it is asked for again', () => {
		for (const more of [{}, { future_links: [] }, { future_links: 'soon' }]) {
			expect(fetch({ status: 'success', output: [], ...more }).failure).toMatchObject({
				...{ code: 'unreadable_reply', accepted: 'yes' },
			});
		}
	});

	it('is not there before the end, and not after a bad one', () => {
		for (const status of ['processing', 'queued', 'failed'])
			expect(fetch({ status, output: [URL_A] }).job?.videos).toStrictEqual([]);
	});

	it.each([
		['yes', '2026-01-02T00:00:00.000Z'],
		[true, '2026-01-02T00:00:00.000Z'],
		['no', undefined],
		[false, undefined],
		[undefined, undefined],
	])('of a temporary file (%s) ends after a day: %s', (temp, expiresAt) => {
		const { job } = fetch({ status: 'success', output: [URL_A], meta: { temp, seed: 1 } });
		expect(job?.videos[0]?.expiresAt).toBe(expiresAt);
		const remembered = { ...JOB, ...(temp === undefined ? {} : { settings: { temp } }) };
		const later = fetch({ status: 'success', output: [URL_A] }, remembered);
		expect(later.job?.videos[0]?.expiresAt).toBe(expiresAt);
	});

	it('ends when its signed address does', () => {
		const url = `${URL_A}?X-Amz-Date=20260101T000000Z&X-Amz-Expires=60`;
		const { job } = fetch({ status: 'success', output: [url], meta: { temp: 'yes' } });
		expect(job?.videos[0]?.expiresAt).toBe('2026-01-01T00:01:00.000Z');
	});
});

describe('a failed job', () => {
	it.each([
		['Out of memory', 'generation_failed', 'Out of memory'],
		['NSFW content', 'prompt_refused', 'NSFW content'],
		[null, 'generation_failed', 'The provider could not make the video and gave no reason.'],
	])('with the words %j is told as %s', (message, code, words) => {
		const { job } = fetch({ status: 'failed', message });
		expect(job).toMatchObject({
			status: 'failed',
			failure: { code, message: words, accepted: 'yes' },
		});
	});

	it.each(['processing', 'success'])('is none that is %s', (status) => {
		const { job } = fetch({ status, message: 'Old', output: [URL_A] });
		expect(job).not.toHaveProperty('failure');
	});
});

describe('an error in answer to a question', () => {
	it.each([
		['Bad width', 'failed'],
		['NSFW content', 'failed'],
		['Model not found', 'failed'],
	])('is about the job where it says "%s"', (message, status) => {
		expect(fetch({ status: 'error', message }).job?.status).toBe(status);
	});

	it.each(['Invalid api key', 'Rate limit exceeded', 'Server error', 'Not found', 'No credits'])(
		'is about the question where it says "%s"',
		(message) => {
			expect(fetch({ status: 'error', message }).failure).toMatchObject({ accepted: 'yes' });
		},
	);

	it('is about the job wherever it is told as failed', () => {
		expect(fetch({ status: 'failed', message: 'Server error' }).job?.status).toBe('failed');
	});
});

describe('a callback', () => {
	const read = (body: unknown) => readCallback('modelslabV6', body, CONTEXT);

	it('tells of a job', () => {
		expect(
			read({ status: 'success', id: 7, output: [URL_A], track_id: 'mine' })?.job,
		).toStrictEqual({
			...{ provider: 'modelslabV6', jobId: '7', status: 'succeeded', progress: 100 },
			...{ videos: [{ url: URL_A, mimeType: 'video/mp4' }], trackingId: 'mine' },
			submittedAt: new Date(NOW_MS).toISOString(),
			finishedAt: new Date(NOW_MS).toISOString(),
		});
	});

	it.each([
		[{ status: 'success', id: 7, event: 'workflow.completed' }],
		[{ status: 'success', id: '' }],
		[{ status: 'success' }],
		[{ status: '', id: 7 }],
		[{ id: 7 }],
		['text'],
		[null],
	])('%j is none of ours', (body) => {
		expect(read(body)).toBeUndefined();
	});
});

describe('the question about a job', () => {
	const ask = (fetchUrl: string | undefined, path: string, baseUrl = CONTEXT.baseUrl) =>
		fetchCall({ ...JOB, ...(fetchUrl ? { fetchUrl } : {}) }, path, { baseUrl });
	const PATH = '/api/v1/enterprise/fetch';

	it('goes to both names of the provider, and to nobody else', () => {
		expect(KEY_HOSTS).toStrictEqual(['stablediffusionapi.com', 'modelslab.com']);
		const handedOut = 'https://modelslab.com/api/v6/video/fetch/7';
		expect(ask(handedOut, PATH)).toStrictEqual({ method: 'POST', url: handedOut, body: {} });
		for (const url of ['https://evil.acme.io/fetch/7', 'no address', undefined])
			expect(ask(url, PATH).url).toBe(PATH);
		expect(ask(handedOut, PATH, 'http://127.0.0.1:8484').url).toBe(PATH);
	});

	it.each([
		['/api/v3/fetch/7', {}],
		['/api/v3/fetch/7?x=1', {}],
		['/api/v3/fetch/7#x', {}],
		['/api/v3/fetch/17', { request_id: '7' }],
		['/api/v3/fetch/7/x', { request_id: '7' }],
		[PATH, { request_id: '7' }],
	])('names the job in the body where the address does not: %s', (path, body) => {
		expect(ask(undefined, path)).toStrictEqual({ method: 'POST', url: path, body });
	});
});
