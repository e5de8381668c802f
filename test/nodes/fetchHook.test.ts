/** Fetch Result, one item at a time. In a workflow of n8n's: `fetchResult.test.ts` and `account.test.ts`. */
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { failureIn } from '../../nodes/TextToVideoFetchResult/earlierFailure';
import { fetchHook } from '../../nodes/TextToVideoFetchResult/hook';
import type { Job } from '../../providers/contract';
import { newJob } from '../../providers/replies/job';
import { hookContext, type HookContextOptions } from '../support/hookContext';

const FETCH = 'text-to-video.textToVideoFetchResult';
const TOOL = `${FETCH}Tool`;
const submittedAt = '2026-01-01T00:00:00.000Z';
const job: Job = { ...newJob('localGpu', 'video_1', 0), submittedAt, status: 'processing' };
const videos = [{ url: 'https://files.test/a.mp4', mimeType: 'video/mp4' }];
const told = (status: string, more: object = {}) => ({
	id: 'video_1',
	object: 'video',
	status,
	...more,
});

interface Fetching extends HookContextOptions {
	/** What the machine answers, one after the other, the last one for ever: a body, or a status and a body. */
	answers?: object[];
	baseURL?: string;
	json?: object;
}

/** What the node gives for an item; the error as an item of the error output. */
async function fetch(parameters: object, { answers = [{}], json = {}, ...more }: Fetching = {}) {
	let asked = 0;
	const provider = (parameters as { provider?: string }).provider ?? 'localGpu';
	const context = hookContext({
		type: FETCH,
		goesOn: true,
		items: [{ json: json as never }],
		...more,
		parameters: { provider, downloadVideo: false, jobId: 'video_1', ...parameters },
		credentials: { textToVideoAimlApi: { apiKey: 'key' }, textToVideoNovitaApi: { apiKey: 'key' } },
		http: ({ encoding }) => {
			if (encoding === 'stream') return { statusCode: 418, headers: {}, body: Readable.from([]) };
			const body = answers[Math.min(asked, answers.length - 1)]!;
			asked += 1;
			const statusCode = 'http' in body ? body.http : 200;
			return { statusCode, headers: {}, body: JSON.stringify(body) };
		},
	});
	const options = { baseURL: more.baseURL ?? 'http://gpu.test' };
	const items = await fetchHook.call(context, { options } as never);
	const [first] = items;
	return {
		items,
		json: (first?.json ?? {}) as Record<string, never>,
		details: (first?.json.details ?? {}) as Record<string, never>,
		methods: context.sent.map(({ method }) => method),
		sent: context.sent,
	};
}

describe('Get Now', () => {
	const get = async (parameters: object, fetching?: Fetching) =>
		await fetch({ operation: 'get', ...parameters }, fetching);

	it('asks once and gives the job as it stands', async () => {
		const { json, methods } = await get({}, { answers: [told('in_progress', { progress: 40 })] });
		expect(json).toMatchObject({
			jobId: 'video_1',
			status: 'processing',
			progress: 40,
			finished: false,
		});
		expect(methods).toStrictEqual(['GET']);
	});

	it('asks nothing about a job whose video is known', async () => {
		const done = { ...job, status: 'succeeded', videos };
		const { json, sent } = await get({}, { json: done });
		expect(json).toMatchObject({ status: 'succeeded', videos });
		expect(sent).toStrictEqual([]);
	});

	it.each([
		['that succeeded without one', { ...job, status: 'succeeded', videos: [] }],
		['that has one and goes on', { ...job, videos }],
	])('asks about a job %s', async (_what, json) => {
		expect((await get({}, { json, answers: [told('in_progress')] })).sent).toHaveLength(1);
	});

	it('downloads the video where a file is wanted, which it is by default', async () => {
		const done = { ...job, status: 'succeeded', videos };
		for (const downloadVideo of [true, undefined]) {
			const { sent } = await get({ downloadVideo }, { json: done });
			expect(sent[0]?.url).toBe(videos[0]?.url);
		}
	});

	it('downloads nothing for an agent, and answers in a few lines', async () => {
		const done = { ...job, status: 'succeeded', videos };
		const { json, sent } = await get({ downloadVideo: true }, { json: done, type: TOOL });
		expect(json).toMatchObject({ videoUrls: [videos[0]?.url], next: expect.any(String) as string });
		expect(sent).toStrictEqual([]);
	});

	it('is about the first item alone for an agent', async () => {
		const items = [{ json: {} }, { json: {} }];
		expect((await get({}, { items, itemIndex: 1, type: TOOL })).items).toStrictEqual([]);
		expect((await get({}, { items, itemIndex: 1 })).items).toHaveLength(1);
	});
});

describe('Wait for the Video', () => {
	it('asks until the video is there', async () => {
		vi.useFakeTimers();
		try {
			const answers = [told('in_progress'), told('in_progress'), told('completed')];
			const waiting = fetch({ operation: 'wait' }, { json: job, answers });
			await vi.advanceTimersByTimeAsync(600_000);
			const { json, sent } = await waiting;
			expect(json).toMatchObject({ status: 'succeeded', finished: true });
			expect(sent).toHaveLength(3);
		} finally {
			vi.useRealTimers();
		}
	});

	it('asks at once, and gives up after the time that was chosen', async () => {
		const { json, sent } = await fetch(
			{ operation: 'wait', options: { waitAtMost: 0 } },
			{ json: job, answers: [told('in_progress')] },
		);
		expect(json).toMatchObject({ status: 'processing', finished: false });
		expect(sent).toHaveLength(1);
	});
});

describe('Cancel', () => {
	const cancel = async (fetching: Fetching) => await fetch({ operation: 'cancel' }, fetching);

	it('asks, cancels, and gives the job as an item', async () => {
		const answers = [told('in_progress'), told('cancelled')];
		const { json, methods } = await cancel({ json: job, answers });
		expect(json).toMatchObject({ jobId: 'video_1', status: 'cancelled', finished: true });
		expect(methods).toStrictEqual(['GET', 'DELETE']);
		const tool = await cancel({ json: job, answers, type: TOOL });
		expect(tool.json.next).toContain('There is no video.');
	});

	it('that comes to nothing leaves the job paid', async () => {
		const { details } = await cancel({
			json: job,
			answers: [told('in_progress'), { http: 500, error: { message: 'No.' } }],
		});
		expect(details).toMatchObject({ accepted: 'yes', jobId: 'video_1' });
	});
});

describe('a job that the provider does not know', () => {
	const unknown = { http: 404, error: { message: 'No such video.' } };

	it.each(['get', 'cancel'])(
		'may be mistyped where its id is all there is (%s)',
		async (operation) => {
			const { details } = await fetch({ operation }, { answers: [unknown] });
			expect(details).toMatchObject({
				accepted: 'unknown',
				failure: { code: 'not_found', accepted: 'unknown' },
			});
		},
	);

	it('was there where an earlier step has it whole', async () => {
		const { details } = await fetch({ operation: 'get' }, { json: job, answers: [unknown] });
		expect(details).toMatchObject({ accepted: 'yes', failure: { code: 'not_found' } });
	});

	it('is not one that can not be asked for', async () => {
		const denied = { http: 401, error: { message: 'Bad key.' } };
		const { details } = await fetch({ operation: 'get' }, { answers: [denied] });
		expect(details).toMatchObject({ accepted: 'yes', failure: { code: 'invalid_key' } });
	});
});

describe('what is refused, and nobody asked', () => {
	it.each<[unknown, string]>([
		['', 'Job ID is empty.'],
		['{{ $json.id }}', 'Job ID is "{{ $json.id }}", an expression that was not evaluated.'],
		[[], 'Job ID is [], which is neither a job ID nor a whole job.'],
		[[true], 'Job ID is [true], which is neither a job ID nor a whole job.'],
		[
			['a', 'b'],
			'Job ID is a list of 2. Give one job an item: put a Split Out node before this one.',
		],
		[true, 'Job ID is true, which is neither a job ID nor a whole job.'],
		[
			{ text: 'x'.repeat(100) },
			`Job ID is {"text":"${'x'.repeat(71)}, which is neither a job ID nor a whole job.`,
		],
		['{"a":1}', 'Job ID is {"a":1}, which is neither a job ID nor a whole job.'],
		[
			{ ...job, provider: 'novita' },
			'Job video_1 belongs to the provider "novita", but this node is set to "localGpu".',
		],
	])('Job ID %j', async (jobId, message) => {
		const { json, details, sent } = await fetch({ operation: 'get', jobId });
		expect(json.message).toBe(message);
		expect(details).toMatchObject({
			accepted: 'no',
			description: 'Give the jobId that Text to Video returned, and the same provider.',
			failure: { code: 'invalid_request' },
		});
		expect(sent).toStrictEqual([]);
	});

	it('one option that can not be meant is enough', async () => {
		const { json } = await fetch({ operation: 'get', options: { waitAtMost: 'soon' } });
		expect(json.message).toMatch(/^job video_1: Wait at Most /);
	});

	it('an option that can not be meant; the job stays good', async () => {
		const options = { waitAtMost: 'soon', maximumSize: 0 };
		const { json, details, sent } = await fetch({ operation: 'get', options });
		expect(json.message).toMatch(/^job video_1: Maximum Size .*\nWait at Most /s);
		expect(details).toMatchObject({
			accepted: 'yes',
			jobId: 'video_1',
			failure: { accepted: 'yes' },
			description: 'Change the option and run this node again: nothing is submitted by it.',
		});
		expect(sent).toStrictEqual([]);
	});

	it('an address that is none; a job stays good, and no other is made', async () => {
		const baseURL = 'htps://gpu';
		const { details } = await fetch({ operation: 'get' }, { baseURL });
		expect(details).toMatchObject({
			accepted: 'yes',
			jobId: 'video_1',
			failure: { accepted: 'yes' },
			description: 'Correct Base URL in the credential.',
		});
		const account = await fetch({ operation: 'account' }, { baseURL });
		expect(account.details).toMatchObject({ accepted: 'no' });
		expect(account.sent).toStrictEqual([]);
	});
});

describe('what an earlier step failed with', () => {
	const failure = { code: 'network', message: 'Cut.' };
	const item = (details: object) => ({ error: 'Cut.', message: 'Cut.', details });
	const whole = { accepted: 'yes', description: 'Look.', provider: 'localGpu', failure, job };

	it('is read with all that is known', () => {
		expect(failureIn(item(whole))).toStrictEqual({ message: 'Cut.', ...whole });
	});

	it.each(['no', 'unknown', 'yes'])('is read with as little as there is (%s)', (accepted) => {
		const details = { accepted, job: { jobId: 'x' }, failure: 'odd' };
		expect(failureIn(item(details))).toStrictEqual({
			...{ message: 'Cut.', accepted, description: '', provider: '' },
		});
	});

	it.each([
		undefined,
		'Cut.',
		{ message: 'Cut.' },
		{ message: 'Cut.', details: 'odd' },
		{ message: 7, details: whole },
		item({ ...whole, accepted: 'maybe' }),
		item({ ...whole, accepted: 'yes!' }),
		item({ ...whole, accepted: 'oh no' }),
	])('is none of ours: %j', (json) => {
		expect(failureIn(json)).toBeUndefined();
	});

	it('is where its job is taken from', async () => {
		const json = item(whole);
		const answers = [told('in_progress')];
		const found = await fetch({ operation: 'get', jobId: '' }, { json, answers });
		expect(found.json).toMatchObject({ jobId: 'video_1', status: 'processing', submittedAt });
		// It was there: it is known, whatever the provider says now.
		const gone = await fetch(
			{ operation: 'get', jobId: '' },
			{ json, answers: [{ http: 404, error: { message: 'No such video.' } }] },
		);
		expect(gone.details).toMatchObject({ accepted: 'yes', failure: { code: 'not_found' } });
	});

	it('is said again where its job is another provider’s, or there is none', async () => {
		for (const other of [{ ...job, provider: 'novita' }, undefined]) {
			const json = item({ ...whole, accepted: 'unknown', job: other });
			const { details, sent } = await fetch({ operation: 'get', jobId: '' }, { json });
			expect(details).toMatchObject({ accepted: 'unknown', description: 'Look.', failure });
			expect(sent).toStrictEqual([]);
		}
	});
});

describe('without a job', () => {
	const account = (parameters: object, answers: object[]) =>
		fetch({ provider: 'aimlapiPixverse', ...parameters }, { answers, baseURL: '' });

	it('Check Account tells what the account holds', async () => {
		const { json, items } = await account({ operation: 'account' }, [{ current_balance: 12.5 }]);
		expect(json).toStrictEqual({ provider: 'aimlapiPixverse', balance: 12.5, currency: 'USD' });
		expect(items[0]?.pairedItem).toStrictEqual({ item: 0 });
	});

	it('Check Account fails where it is refused', async () => {
		const { details } = await account({ operation: 'account' }, [{ http: 401 }]);
		expect(details).toMatchObject({ failure: { code: 'invalid_key' } });
	});

	it.each(['', ' ', 'undefined', null])(
		'Find Jobs gives the newest, for the id %j',
		async (requestId) => {
			const { details } = await account({ operation: 'find', requestId }, [{ http: 401 }]);
			expect(details).toMatchObject({ failure: { code: 'invalid_key' } });
		},
	);

	it('Find Jobs gives all that there are, or the video of the only one', async () => {
		const rows = ['gen-1', 'gen-2'].map((inference_id) => ({ inference_id }));
		const several = await account({ operation: 'find', requestId: '' }, [{ data: rows }]);
		expect(several.items.map(({ json }) => json.jobId)).toStrictEqual(['gen-1', 'gen-2']);
		expect(several.sent).toHaveLength(1);
		const one = await account({ operation: 'find', requestId: '' }, [{ data: [rows[0]] }]);
		expect(one.sent).toHaveLength(2);
		expect(one.sent[1]?.qs).toMatchObject({ generation_id: 'gen-1' });
	});

	it('Find Jobs finds the one that bears the id', async () => {
		const rows = [1, 2].map((at) => ({ inference_id: `gen-${at}`, client_request_id: `id-${at}` }));
		const { sent } = await account({ operation: 'find', requestId: ' id-2 ' }, [{ data: rows }]);
		expect(sent[1]?.qs).toMatchObject({ generation_id: 'gen-2' });
	});

	it('a question that comes to nothing says nothing of a job that may cost money', async () => {
		for (const operation of ['account', 'find']) {
			for (const answers of [[{ http: 503 }], [{ odd: true }]]) {
				const { details } = await account({ operation }, answers);
				expect(details).toMatchObject({ accepted: 'no', failure: { accepted: 'no' } });
				expect(details.description).not.toContain('may cost money');
			}
		}
	});

	it('Find Jobs says where a provider has no list', async () => {
		for (const requestId of ['', 'request-1']) {
			const { json, details, sent } = await fetch({
				...{ provider: 'novita', operation: 'find', requestId },
			});
			expect(json.message).toBe('Novita has no list of jobs that could be asked for.');
			expect(details).toMatchObject({
				accepted: 'unknown',
				description: 'Look at the account on the website of Novita.',
			});
			expect(sent).toStrictEqual([]);
		}
	});

	it('Find Jobs looks once for one, and says that it may come later', async () => {
		const { json, details, sent } = await account({ operation: 'find', requestId: 'request-1' }, [
			{ data: [{ inference_id: 'gen-1', client_request_id: 'request-2' }] },
		]);
		expect(json.message).toMatch(/The job is not known yet\. .*looked through once/);
		expect(details).toMatchObject({
			accepted: 'unknown',
			description:
				'A row may come only when the video is done: look again in some minutes before you submit anew.',
			failure: { code: 'not_found' },
		});
		expect(sent).toHaveLength(1);
	});
});
