import { afterEach, describe, expect, it } from 'vitest';
import { asItStands, lastingProblem, pollUntilDone } from '../../jobs/poll';
import type { Job, Provider } from '../../providers/contract';
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
