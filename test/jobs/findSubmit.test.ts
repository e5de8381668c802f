/** A submit in doubt, looked up in the provider's own log. */
import { describe, expect, it } from 'vitest';
import { findSubmit, recentJobs } from '../../jobs/findSubmit';
import type { Host, HttpRequest } from '../../jobs/host';
import { submitJob } from '../../jobs/submit';
import { providerById } from '../../providers/registry';
import type { Job, Reply } from '../../providers/contract';
import { failure } from '../../providers/replies/failures';

const START_MS = Date.UTC(2026, 10, 1);

interface Scene {
	host: Host;
	requests: HttpRequest[];
	/** Seconds after the submit. */
	looks: number[];
}

/** A host with a clock of its own; each look gets the next answer, and the last one again and again. */
function scene(answers: Array<Reply | Error>): Scene {
	let nowMs = START_MS;
	const requests: HttpRequest[] = [];
	const looks: number[] = [];
	const host: Host = {
		now: () => nowMs,
		random: () => 0.5,
		async sleep(ms, signal) {
			signal?.throwIfAborted();
			nowMs += ms;
		},
		async http(request) {
			requests.push(request);
			looks.push((nowMs - START_MS) / 1000);
			const answer = answers[Math.min(looks.length, answers.length) - 1]!;
			if (answer instanceof Error) throw answer;
			return answer;
		},
	};
	return { host, requests, looks };
}

const reply = (body: unknown, status = 200): Reply => ({ status, headers: {}, body });
const rows = (...data: object[]) => reply({ data });
const aimlapi = providerById('aimlapiPixverse');
const account = { baseUrl: aimlapi.account.defaultBaseUrl };
const find = async ({ host }: Scene, options = {}) =>
	await findSubmit(aimlapi, account, 'mine.1', START_MS, host, options);

describe('a submit in doubt', () => {
	it('is found by the id that went along, however late the row comes', async () => {
		const other = { inference_id: 'not-mine', client_request_id: 'theirs' };
		const mine = { inference_id: 'abc:model', client_request_id: 'mine.1' };
		const at = scene([rows(other), rows(other), rows(mine, other)]);
		const found = await find(at);
		expect(found).toMatchObject({
			outcome: 'found',
			job: {
				provider: 'aimlapiPixverse',
				jobId: 'abc:model',
				status: 'queued',
				requestId: 'mine.1',
			},
		});
		expect(at.looks).toEqual([3, 10, 30]);
		expect(at.requests[0]).toMatchObject({
			method: 'GET',
			url: 'https://api.aimlapi.com/v2/logs',
			query: { period: '24h', limit: '100' },
			authenticate: true,
		});
	});

	it('stays in doubt after a bounded time, and says what was looked at', async () => {
		const at = scene([rows()]);
		const found = await find(at);
		expect(found).toEqual({
			outcome: 'unknown',
			looked:
				"The account's log was looked through 5 times for request mine.1: no job with it is there yet.",
		});
		expect(at.looks).toEqual([3, 10, 30, 75, 180]);
	});

	it.each([
		[
			'can not be reached',
			Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
		],
		['refuses to answer', reply({ message: 'Too many requests' }, 429)],
		['answers with nonsense', reply('<html>')],
	])('is not called absent because the log %s', async (_what, answer) => {
		const found = await find(scene([answer]));
		expect(found).toMatchObject({ outcome: 'unknown' });
		expect(found!.looked).toMatch(/could not be (reached|read)/);
	});

	it.each([
		[{ message: 'No. Not you.' }, 401, 'could not be read: HTTP 401: No. Not you.'],
		[{ message: 'Too many requests' }, 429, 'could not be read: HTTP 429: Too many requests.'],
	])('says why nobody could look (%j)', async (body, status, words) => {
		const found = await find(scene([reply(body, status)]), { once: true });
		expect(found!.looked).toBe(
			`The account's log was looked through once for request mine.1: it ${words}`,
		);
	});

	it('says that nobody was there to be asked', async () => {
		const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
		const found = await find(scene([refused]), { once: true });
		expect(found!.looked).toBe(
			"The account's log was looked through once for request mine.1: it could not be reached: AI/ML API could not be reached (connection refused).",
		);
	});

	it('is not looked for before its time, nor later where the submit was long ago', async () => {
		const at = scene([rows()]);
		await findSubmit(aimlapi, account, 'mine.1', START_MS - 20_000, at.host);
		expect(at.looks).toEqual([0, 0, 10, 55, 160]);
	});

	it.each([401, 404])('is looked for no longer where nobody may look (HTTP %s)', async (status) => {
		const at = scene([reply({ message: 'No' }, status)]);
		expect((await find(at))!.looked).toContain('looked through once');
	});

	it('is found though the log could not be read before', async () => {
		const mine = rows({ inference_id: 'one', client_request_id: 'mine.1' });
		const busy = reply({ message: 'Too many requests' }, 429);
		const at = scene([busy, reply({ message: 'Broken' }, 500), mine]);
		expect(await find(at)).toMatchObject({ outcome: 'found' });
		expect(at.looks).toEqual([3, 10, 30]);
	});

	it('is looked for a millisecond before its time by nobody', async () => {
		const at = scene([rows()]);
		await findSubmit(aimlapi, account, 'mine.1', START_MS - 2_999, at.host);
		expect(at.looks[0]).toBe(0.001);
	});

	it('is looked for no longer where the account may not see the log', async () => {
		const refused = failure('not_allowed', 'Not for you.', { accepted: 'no' });
		const provider = {
			...aimlapi,
			submitLog: { ...aimlapi.submitLog!, read: () => ({ failure: refused }) },
		};
		const { host, looks } = scene([rows()]);
		await findSubmit(provider, account, 'mine.1', START_MS, host);
		expect(looks).toEqual([3]);
	});

	it('attaches to nothing where two jobs bear the id', async () => {
		const at = scene([
			rows(
				{ inference_id: 'one', client_request_id: 'mine.1' },
				{ inference_id: 'two', client_request_id: 'mine.1' },
			),
		]);
		const found = await find(at);
		expect(found).toMatchObject({ outcome: 'unknown' });
		expect(found!.looked).toContain('several jobs bear it: one, two');
	});

	it('takes several rows of one job for one', async () => {
		const mine = { inference_id: 'one', client_request_id: 'mine.1' };
		expect(await find(scene([rows(mine, mine)]))).toMatchObject({ outcome: 'found' });
	});

	it('is looked for once where the submit was long ago', async () => {
		const at = scene([rows()]);
		expect((await find(at, { once: true }))!.looked).toContain('looked through once');
		expect(at.looks).toEqual([0]);
	});

	it('stops at once with the execution', async () => {
		const stop = new AbortController();
		stop.abort();
		await expect(find(scene([rows()]), { signal: stop.signal })).rejects.toThrow();
	});

	it('only names the newest jobs where the list bears nothing of ours', async () => {
		const modelslab = providerById('modelslabV6');
		const { host } = scene([reply({ status: 'success', data: [{ id: 124 }, { id: 123 }] })]);
		const found = await findSubmit(
			modelslab,
			{ baseUrl: 'https://modelslab.com' },
			'mine.1',
			START_MS,
			host,
			{ once: true },
		);
		expect(found).toEqual({
			outcome: 'unknown',
			looked: "The account's list of videos was looked through once: its newest jobs are 124, 123.",
		});
	});

	it('looks once, early, at a list that bears nothing of ours, and names five jobs at most', async () => {
		const modelslab = providerById('modelslabV6');
		const list = (...ids: number[]) =>
			reply({ status: 'success', data: ids.map((id) => ({ id })) });
		const look = async (answer: Reply) => {
			const at = scene([answer]);
			const found = await findSubmit(
				...([modelslab, { baseUrl: 'https://modelslab.com' }, '', START_MS, at.host] as const),
			);
			return { looks: at.looks, looked: found!.looked };
		};
		expect(await look(list(6, 5, 4, 3, 2, 1))).toEqual({
			looks: [3],
			looked:
				"The account's list of videos was looked through once: its newest jobs are 6, 5, 4, 3, 2.",
		});
		expect((await look(list())).looked).toBe(
			"The account's list of videos was looked through once: it holds no job.",
		);
	});

	it('can not be looked for where the provider has no list', async () => {
		const { host } = scene([rows()]);
		const novita = providerById('novita');
		expect(
			await findSubmit(novita, { baseUrl: 'https://api.novita.ai' }, 'x', START_MS, host),
		).toBe(undefined);
	});
});

describe('the newest jobs of an account', () => {
	it('are given with the ids that they bear, as jobs that may be asked for', async () => {
		const answer = rows(
			{ inference_id: 'two', client_request_id: 'mine.1' },
			{ inference_id: 'one' },
		);
		const found = await recentJobs(aimlapi, account, scene([answer]).host);
		expect(found).toMatchObject({ jobs: [{ jobId: 'two' }, { jobId: 'one' }] });
		const { jobs } = found as { jobs: Job[] };
		expect(jobs[0]).toMatchObject({
			...{ provider: 'aimlapiPixverse', status: 'queued', requestId: 'mine.1' },
			submittedAt: '2026-11-01T00:00:00.000Z',
		});
		expect(jobs[1]).not.toHaveProperty('requestId');
	});

	it('are not told of where the provider does not say, or has no list', async () => {
		const refused = scene([reply({ message: 'No' }, 401)]).host;
		expect(await recentJobs(aimlapi, account, refused)).toMatchObject({
			failure: { code: 'invalid_key' },
		});
		expect(await recentJobs(providerById('novita'), account, refused)).toBeUndefined();
	});
});

describe('the balance of an account', () => {
	it.each([
		['aimlapiPixverse', { current_balance: 123.45, currency: 'USD' }, 123.45],
		['modelslabV7', { status: 'success', data: { balance: 43.6, currency: 'USD' } }, 43.6],
		['novita', { availableBalance: '125000', cashBalance: '0' }, 12.5],
	])('of %s is read as documented', (id, body, amount) => {
		const { balance } = providerById(id);
		expect(balance!.read(reply(body))).toEqual({ value: { amount, currency: 'USD' } });
		expect(balance!.read(reply({ message: 'Unauthorized' }, 401))).toMatchObject({
			failure: { code: 'invalid_key' },
		});
		expect(balance!.read(reply({}))).toHaveProperty('failure');
	});
});

it('is told of at once: who is killed while it is looked up must know of it afterwards', async () => {
	const at = scene([rows({ inference_id: 'abc', client_request_id: 'mine.1' })]);
	const doubts: Array<{ accepted: string; requestId: string | undefined; looks: number }> = [];
	const { job } = await submitJob({
		...{ provider: aimlapi, account, host: at.host, requestId: 'mine.1' },
		values: { model: 'pixverse/v5/text-to-video', prompt: 'A boat' },
		rateLimit: async () => undefined,
		send: async () => {
			throw Object.assign(new Error('connection cut'), { code: 'ECONNRESET' });
		},
		onDoubt: ({ accepted, requestId }) =>
			doubts.push({ accepted, requestId, looks: at.looks.length }),
	});
	expect(doubts).toEqual([{ accepted: 'unknown', requestId: 'mine.1', looks: 0 }]);
	expect(job?.jobId).toBe('abc');
});
