import { afterEach, describe, expect, it } from 'vitest';
import {
	asItStands,
	defaultWaitMinutes,
	endsWithin,
	failureOf,
	givesUp,
	lastingProblem,
	pauseSeconds,
	pollOnce,
	pollUntilDone,
	withNextPoll,
} from '../../jobs/poll';
import { NotSentError } from '../../jobs/transportErrors';
import type { FailureCode, Job, Provider, Reply } from '../../providers/contract';
import { failure } from '../../providers/replies/failures';
import { newJob } from '../../providers/replies/job';
import { providerById } from '../../providers/registry';
import { smallValues, submit } from '../simulators/client';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulators/simulator';
import { START_MS, virtualHost, type VirtualHost } from '../support/virtualClock';

let sim: Simulator;
let host: VirtualHost;
afterEach(async () => await sim?.close());

const HOUR_MS = 3_600_000;

async function submitted(id: string, options: SimulatorOptions): Promise<[Provider, Job]> {
	const provider = providerById(id);
	host = virtualHost(provider, 'a-key');
	sim = await startSimulator({ ...options, key: 'a-key', now: host.now, autoCallbacks: false });
	const { job } = await submit(sim, provider, smallValues(provider), { nowMs: START_MS });
	return [provider, job as Job];
}

const wait = async (provider: Provider, job: Job, minutes = 600) =>
	await pollUntilDone(provider, { baseUrl: sim.url }, job, host, {
		deadlineMs: START_MS + minutes * 60_000,
	});

describe('waiting on a virtual clock', () => {
	it.each(['localGpu', 'novita', 'modelslabV7', 'stableDiffusionV4', 'aimlapiPixverse'])(
		'%s: finds a two-minute job in time with few questions',
		async (id) => {
			const [provider, job] = await submitted(id, { durationMs: 120_000 });
			const { job: done } = await wait(provider, job);
			expect(done.status).toBe('succeeded');
			expect(host.now() - START_MS).toBeLessThanOrEqual(120_000 * 1.09);
			expect(sim.book.of('fetch').length).toBeLessThan(24);
		},
	);

	it('returns the job as it stands at the deadline, not later', async () => {
		const [provider, job] = await submitted('novita', { durationMs: Infinity });
		const result = await wait(provider, job, 7);
		expect(result.timedOut).toBe(true);
		expect(result.job).toMatchObject({ jobId: job.jobId, status: 'processing' });
		expect(result.job.nextPollSeconds).toBeGreaterThan(0);
		expect(host.now() - START_MS).toBe(7 * 60_000);
	});

	it('goes by the progress of a server that tells nothing else', async () => {
		const [provider, job] = await submitted('localGpu', {
			durationMs: 900_000,
			openaiServer: 'openai',
		});
		expect(job.etaSeconds).toBeUndefined();
		const { job: done } = await wait(provider, job);
		expect(done.status).toBe('succeeded');
		expect(host.now() - START_MS).toBeLessThanOrEqual(900_000 * 1.07);
		expect(sim.book.of('fetch').length).toBeLessThan(30);
	});

	it('says nothing at the deadline of a problem that has passed', async () => {
		const [provider, job] = await submitted('localGpu', { durationMs: Infinity });
		sim.faults.next('fetch', { kind: 'error', error: 'serverError' }, { times: 2 });
		const result = await wait(provider, job, 30);
		expect(result.timedOut).toBe(true);
		expect(result).not.toHaveProperty('problem');
		expect(result.job.warnings).toBeUndefined();
	});

	it('takes a status that nobody knows for "not yet"', async () => {
		const [provider, job] = await submitted('localGpu', { durationMs: 60_000 });
		const body = { id: job.jobId, status: 'pondering' };
		sim.faults.next('fetch', { kind: 'answer', status: 200, body }, { times: 3 });
		expect((await wait(provider, job)).job.status).toBe('succeeded');
	});

	it('waits out a job that the provider does not know yet', async () => {
		const [provider, job] = await submitted('localGpu', { durationMs: 30_000 });
		sim.faults.next('fetch', { kind: 'error', error: 'notFound' }, { times: 2 });
		expect((await wait(provider, job)).job.status).toBe('succeeded');
	});

	it('gives up on a job that the provider does not know after a minute', async () => {
		const provider = providerById('localGpu');
		host = virtualHost(provider, 'a-key');
		sim = await startSimulator({ key: 'a-key', now: host.now });
		const { job, problem } = await wait(provider, newJob('localGpu', 'video_lost', START_MS));
		expect(problem).toMatchObject({ code: 'not_found' });
		expect(job.jobId).toBe('video_lost');
		expect(host.now() - START_MS).toBeLessThan(5 * 60_000);
	});

	it('gives up on a provider that stays unreachable, and never on the job', async () => {
		const [provider, job] = await submitted('localGpu', { durationMs: HOUR_MS });
		sim.faults.next('fetch', { kind: 'error', error: 'serverError' }, { times: 99 });
		const result = await wait(provider, job);
		expect(result.problem).toMatchObject({ code: 'provider_error', retryable: true });
		expect(result.job.status).not.toBe('failed');
		expect(sim.book.of('fetch')).toHaveLength(8);
		expect(host.now() - START_MS).toBeGreaterThan(2 * 60_000);
	});

	it('says of a connection that stays cut that the job is paid, and may be asked for later', async () => {
		const [provider, job] = await submitted('localGpu', { durationMs: HOUR_MS });
		sim.faults.next('fetch', { kind: 'resetBefore' }, { times: 99 });
		const result = await wait(provider, job);
		expect(result.problem).toMatchObject({ code: 'network', accepted: 'yes', retryable: true });
		expect(lastingProblem(result)).toBeUndefined();
		expect(asItStands(result).warnings).toEqual([
			expect.stringContaining('The provider could not be asked any more'),
		]);
	});

	it('ends at once where the provider refuses the key, and says so to the end', async () => {
		const [provider, job] = await submitted('novita', { durationMs: HOUR_MS });
		sim.faults.next('fetch', { kind: 'error', error: 'invalidKey' }, { times: 99 });
		const result = await wait(provider, job);
		expect(sim.book.of('fetch')).toHaveLength(1);
		expect(result.problem).toMatchObject({ code: 'invalid_key' });
		expect(lastingProblem(result)).toBe(result.problem);
	});

	it('asks again about one garbled reply', async () => {
		const [provider, job] = await submitted('novita', { durationMs: 60_000 });
		sim.faults.next('fetch', { kind: 'webPage' }, { times: 3 });
		expect((await wait(provider, job)).job.status).toBe('succeeded');
	});

	it('stops at once where it is told to, before a question and within a pause', async () => {
		const [provider, job] = await submitted('localGpu', { durationMs: HOUR_MS });
		const stopped = AbortSignal.abort(new Error('Stop'));
		const options = { deadlineMs: START_MS + HOUR_MS, signal: stopped, askAtOnce: true };
		await expect(pollUntilDone(provider, { baseUrl: sim.url }, job, host, options)).rejects.toThrow(
			'Stop',
		);
	});

	it('asks at once where it is told to, even past the deadline, and then no more', async () => {
		const [provider, job] = await submitted('localGpu', { durationMs: Infinity });
		const options = { deadlineMs: START_MS - 1, askAtOnce: true };
		const result = await pollUntilDone(provider, { baseUrl: sim.url }, job, host, options);
		expect(result).toMatchObject({ timedOut: true, job: { status: 'processing' } });
		expect(sim.book.of('fetch')).toHaveLength(1);
		expect(host.slept).toEqual([]);
	});

	it('tells of each state, and how long the job took only where it saw it end', async () => {
		const [provider, job] = await submitted('localGpu', { durationMs: 120_000 });
		const told: string[] = [];
		const took: number[] = [];
		const options = {
			deadlineMs: START_MS + HOUR_MS,
			onProgress: (now: Job) => void told.push(now.status),
			onTook: (seconds: number) => void took.push(seconds),
		};
		const account = { baseUrl: sim.url };
		await pollUntilDone(provider, account, job, host, options);
		expect(told).toContain('processing');
		expect(told.at(-1)).toBe('succeeded');
		expect(took).toHaveLength(1);
		expect(took[0]).toBeGreaterThanOrEqual(110);
		expect(took[0]).toBeLessThanOrEqual(132);
		await pollUntilDone(provider, account, job, host, { ...options, askAtOnce: true });
		expect(took).toHaveLength(1);
	});

	it('asks no sooner than Retry-After says', async () => {
		const [provider, job] = await submitted('localGpu', { durationMs: 10_000 });
		sim.faults.next('fetch', { kind: 'error', error: 'rateLimited', retryAfterSeconds: 77 });
		await wait(provider, job);
		expect(host.slept).toContain(77_000);
	});

	it('passes an hour of Retry-After on with the job when the waiting ends before', async () => {
		const [provider, job] = await submitted('localGpu', { durationMs: Infinity });
		const hour = { kind: 'error', error: 'rateLimited', retryAfterSeconds: 3_600 } as const;
		sim.faults.next('fetch', hour, { times: 9 });
		const result = await wait(provider, job, 10);
		expect(result).toMatchObject({ timedOut: true, job: { nextPollSeconds: 3_600 } });
		expect(host.now() - START_MS).toBe(10 * 60_000);
	});

	it.each([undefined, 'yesterday', '2999-01-01T00:00:00.000Z'])(
		'asks no more often where the job says it was submitted at %s',
		async (submittedAt) => {
			const [provider, job] = await submitted('localGpu', { durationMs: 60_000 });
			const { job: done } = await wait(provider, { ...job, submittedAt: submittedAt as string });
			expect(done.status).toBe('succeeded');
			expect(sim.book.of('fetch').length).toBeLessThan(24);
		},
	);
});

const localGpu = providerById('localGpu');
const fresh = newJob('localGpu', 'a', START_MS);
const withLimits = (limits: Partial<Provider['limits']>): Provider => ({
	...localGpu,
	limits: { ...localGpu.limits, ...limits },
});

/** One question, answered so, after so many seconds. */
async function askedOnce(answer: Partial<Reply> | Error, job = fresh, signal?: AbortSignal) {
	const at = virtualHost(localGpu, 'a-key');
	await at.sleep(30_000);
	at.http = async () => {
		if (answer instanceof Error) throw answer;
		return { status: 200, headers: {}, body: {}, ...answer };
	};
	return await pollOnce(localGpu, { baseUrl: 'http://127.0.0.1:8484' }, job, at, signal);
}

describe('how long to wait where nobody says', () => {
	it.each([
		[undefined, 10],
		[0, 10],
		[400, 10],
		[401, 11],
		[1_200, 30],
		[1_201, 31],
	])('for a model that a document saw take %s s is %i minutes', (longestSeconds, minutes) => {
		const { longestSeconds: _longest, ...limits } = localGpu.limits;
		const known = longestSeconds === undefined ? limits : { ...limits, longestSeconds };
		expect(defaultWaitMinutes({ ...localGpu, limits: known })).toBe(minutes);
	});
});

describe('one question', () => {
	it('gives the job with when it was asked for, and when to ask again', async () => {
		const { job } = await askedOnce({ body: { id: 'a', status: 'in_progress', eta_seconds: 100 } });
		expect(job).toMatchObject({
			...{ status: 'processing', askedAt: '2026-01-01T00:00:30.000Z', etaSeconds: 100 },
			estimate: { seconds: 100, at: '2026-01-01T00:00:30.000Z' },
		});
		expect(job!.nextPollSeconds).toBe(60);
	});

	it('gives a job that is over without either', async () => {
		const known = { ...fresh, askedAt: '2026-01-01T00:00:10.000Z', nextPollSeconds: 20 };
		const body = { id: 'a', status: 'failed', error: { message: 'No light' } };
		const { job } = await askedOnce({ body }, known);
		expect(job).toMatchObject({ status: 'failed' });
		expect(job).not.toHaveProperty('askedAt');
		expect(job).not.toHaveProperty('nextPollSeconds');
	});

	it('that was stopped says so, whatever the error is, and what only looks stopped too', async () => {
		const aborted = new DOMException('Stopped', 'AbortError');
		await expect(askedOnce(aborted)).rejects.toBe(aborted);
		const cut = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
		await expect(askedOnce(cut, fresh, AbortSignal.abort())).rejects.toBe(cut);
		expect(await askedOnce(cut, fresh, new AbortController().signal)).toHaveProperty('failure');
	});

	it('may be asked again after any trouble on the way, but not where the host can not ask', async () => {
		const cut = Object.assign(new Error('read ECONNRESET'), { code: 'CERT_REVOKED' });
		expect((await askedOnce(cut)).failure).toMatchObject({
			...{ code: 'network', accepted: 'yes', retryable: true },
			message: expect.stringMatching(/^The service could not be asked \(.+\)\.$/) as string,
		});
		const gone = new NotSentError('The credential is gone', 'Choose another');
		expect((await askedOnce(gone)).failure).toMatchObject({
			...{ code: 'invalid_request', accepted: 'yes', retryable: false },
		});
	});
});

describe('giving up', () => {
	const problem = (code: FailureCode, retryable: boolean) =>
		failure(code, '', { accepted: 'yes', retryable });
	it.each<[string, FailureCode, boolean, number, number, boolean]>([
		['a refusal', 'invalid_key', false, 1, 0, true],
		['a job unknown within the first minute', 'not_found', false, 1, 59_999, false],
		['a job unknown after it', 'not_found', false, 1, 60_000, true],
		['the seventh question in vain', 'network', true, 7, 0, false],
		['the eighth', 'network', true, 8, 0, true],
		['the seventh answer that can not be read', 'unreadable_reply', false, 7, 0, false],
		['the eighth', 'unreadable_reply', false, 8, 0, true],
	])('comes with %s', (_what, code, retryable, failedInRow, ageMs, over) => {
		expect(givesUp(problem(code, retryable), failedInRow, ageMs)).toBe(over);
	});
});

describe('what a wait ended with', () => {
	const refused = failure('invalid_key', 'No key', { accepted: 'yes', httpStatus: 401 });
	const down = failure('network', 'Offline', { accepted: 'yes', retryable: true });

	it('is said of a job that may well finish, beside what was said before', () => {
		const job = { ...fresh, warnings: ['Silent'] };
		expect(asItStands({ job, problem: refused }).warnings).toEqual([
			'Silent',
			'The provider could not be asked any more: HTTP 401: No key',
		]);
		expect(asItStands({ job: fresh, problem: refused }).warnings).toHaveLength(1);
		expect(asItStands({ job })).toBe(job);
		const over: Job = { ...job, status: 'succeeded' };
		expect(asItStands({ job: over, problem: refused })).toBe(over);
	});

	it('is lasting where the provider refuses, and only while the job goes on', () => {
		expect(lastingProblem({ job: fresh, problem: refused })).toBe(refused);
		expect(lastingProblem({ job: fresh, problem: down })).toBeUndefined();
		expect(lastingProblem({ job: fresh })).toBeUndefined();
		const over: Job = { ...fresh, status: 'failed' };
		expect(lastingProblem({ job: over, problem: refused })).toBeUndefined();
	});

	it.each([
		['queued', undefined],
		['processing', undefined],
		['succeeded', undefined],
		['failed', 'The provider gave no reason.'],
		['cancelled', 'The provider gave no reason.'],
	] as const)('is a reason to fail or none: %s', (status, message) => {
		expect(failureOf({ ...fresh, status })?.message).toBe(message);
		const told = failureOf({ ...fresh, status, failure: refused });
		expect(told).toBe(message === undefined ? undefined : refused);
		expect(failureOf({ ...fresh, status: 'failed' })).toMatchObject({
			...{ code: 'generation_failed', accepted: 'yes' },
		});
	});
});

describe('the next question', () => {
	const at = (seconds: number) => START_MS + seconds * 1_000;
	const silent = { ...withLimits({ typicalSeconds: 100 }), capabilities: {} } as Provider;

	it('goes by the age of the job, which is none where the clocks differ', () => {
		expect(pauseSeconds(silent, fresh, at(0))).toBe(40);
		expect(pauseSeconds(silent, fresh, at(100.5))).toBe(9.045);
		expect(pauseSeconds(silent, fresh, at(-50))).toBe(40);
		expect(pauseSeconds(silent, { ...fresh, submittedAt: 'yesterday' }, at(100))).toBe(40);
		const estimate = { seconds: 0, at: fresh.submittedAt };
		expect(pauseSeconds(silent, { ...fresh, estimate }, at(10))).toBe(1);
	});

	it('goes by progress, estimate and what was learned, where there is any', () => {
		expect(pauseSeconds(silent, { ...fresh, progress: 20 }, at(10))).toBe(30);
		expect(pauseSeconds(silent, { ...fresh, progress: 0 }, at(10))).toBe(30);
		const estimate = { seconds: 100, at: fresh.submittedAt };
		expect(pauseSeconds(silent, { ...fresh, estimate }, at(85))).toBe(4.25);
		const learned = { ...silent, limits: { ...silent.limits, learnedSeconds: [30, 30, 30] } };
		expect(pauseSeconds(learned, fresh, at(0))).toBe(31);
	});

	it('waits longer after trouble, and as long as it was asked to', () => {
		const patience = failure('rate_limited', '', { accepted: 'yes', retryAfterSeconds: 77 });
		expect(pauseSeconds(silent, fresh, at(100), { failures: 5 })).toBe(32);
		expect(pauseSeconds(silent, fresh, at(100), { problem: patience })).toBe(77);
		const other = failure('network', '', { accepted: 'yes' });
		expect(pauseSeconds(silent, fresh, at(100), { problem: other })).toBe(9);
		expect(pauseSeconds(silent, fresh, at(0), { longestSeconds: 20 })).toBe(20);
	});

	it('stands in the job that is passed on, beside the estimate as it is by then', () => {
		const estimate = { seconds: 100, at: fresh.submittedAt };
		const standing = withNextPoll(silent, { ...fresh, estimate, etaSeconds: 100 }, at(85));
		expect(standing).toMatchObject({ estimate, etaSeconds: 15, nextPollSeconds: 4.25 });
		expect(withNextPoll(silent, fresh, at(100), { failures: 5 })).toMatchObject({
			nextPollSeconds: 32,
		});
		const over: Job = { ...fresh, status: 'failed' };
		expect(withNextPoll(silent, over, at(85))).toBe(over);
	});

	it.each([
		[100, 100, true],
		[101, 100, false],
		[0.5, 100, true],
		[0, 100, false],
	])('may find a job over that is told to end in %i s within %i s: %s', (told, within, may) => {
		const job = { ...fresh, estimate: { seconds: told, at: fresh.submittedAt } };
		expect(endsWithin(silent, job, START_MS, within)).toBe(may);
	});

	it('knows nothing of the end of a job that takes longer than usual', () => {
		expect(endsWithin(silent, fresh, at(0), 54)).toBe(true);
		expect(endsWithin(silent, fresh, at(0), 53)).toBe(false);
		expect(endsWithin(silent, fresh, at(500), 10_000)).toBe(false);
	});
});

describe('a wait', () => {
	/** Each question is answered so, one after the other. */
	const waitFor = async (answers: Array<string | number>, minutes = 60) => {
		const at = virtualHost(localGpu, 'a-key');
		let asked = 0;
		at.http = async () => {
			const answer = answers[Math.min(asked, answers.length - 1)]!;
			asked += 1;
			const isStatus = typeof answer === 'string';
			const body = isStatus ? { id: 'a', status: answer, url: '/f.mp4' } : {};
			return { status: isStatus ? 200 : answer, headers: {}, body };
		};
		const result = await pollUntilDone(localGpu, { baseUrl: 'http://127.0.0.1:8484' }, fresh, at, {
			deadlineMs: START_MS + minutes * 60_000,
		});
		return { result, asked, at };
	};

	it('asks nobody about a job that is over', async () => {
		const at = virtualHost(localGpu, 'a-key');
		const over: Job = { ...fresh, status: 'cancelled' };
		const options = { deadlineMs: START_MS - 1, askAtOnce: true };
		const account = { baseUrl: 'http://127.0.0.1:1' };
		expect(await pollUntilDone(localGpu, account, over, at, options)).toEqual({ job: over });
	});

	it('asks as long as there is a millisecond left', async () => {
		const { result, asked, at } = await waitFor(['in_progress'], 1 / 60_000);
		expect([asked, at.slept]).toEqual([1, [1]]);
		expect(result.timedOut).toBe(true);
	});

	it('counts only questions in vain that follow each other', async () => {
		const sevenTimes = [500, 500, 500, 500, 500, 500, 500];
		const { result, asked } = await waitFor([
			...sevenTimes,
			'in_progress',
			...sevenTimes,
			'completed',
		]);
		expect(result.job.status).toBe('succeeded');
		expect(asked).toBe(16);
	});

	it('says in the log that it asks again, of which job and whose', async () => {
		const { at } = await waitFor([500, 'completed']);
		expect(at.logged).toEqual(['Local GPU, job a (HTTP 500): provider error. Asking again.']);
	});

	it('ends with what was in the way where that is so at the deadline', async () => {
		const { result } = await waitFor([500], 1);
		expect(result).toMatchObject({ timedOut: true, problem: { code: 'provider_error' } });
		expect(result.job.nextPollSeconds).toBeGreaterThanOrEqual(2);
	});
});
