/** Cancel, against providers that can and that can not, in time and too late. */
import { afterEach, describe, expect, it } from 'vitest';
import { cancelJob } from '../../jobs/cancel';
import { pollUntilDone } from '../../jobs/poll';
import type { Job, Provider } from '../../providers/contract';
import { localGpu } from '../../providers/localGpu';
import { modelslabV6 } from '../../providers/modelslab';
import { smallValues, submit } from '../simulators/client';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulators/simulator';
import { START_MS, virtualHost, type VirtualHost } from '../support/virtualClock';

let sim: Simulator;
let host: VirtualHost;
afterEach(async () => await sim?.close());

async function submitted(provider: Provider, options: SimulatorOptions): Promise<Job> {
	host = virtualHost(provider, 'a-key');
	sim = await startSimulator({ key: 'a-key', now: host.now, autoCallbacks: false, ...options });
	const { job } = await submit(sim, provider, smallValues(provider), { nowMs: host.now() });
	expect(job).toBeDefined();
	return job as Job;
}

const wait = async (provider: Provider, job: Job) =>
	await pollUntilDone(provider, { baseUrl: sim.url }, job, host, {
		deadlineMs: START_MS + 3_600_000,
	});

describe('cancel', () => {
	const account = () => ({ baseUrl: sim.url });

	it('is sent though the question before it fails', async () => {
		const job = await submitted(localGpu, { durationMs: Infinity });
		sim.faults.next('fetch', { kind: 'error', error: 'serverError' });
		const { job: cancelled } = await cancelJob(localGpu, account(), job, host);
		expect(cancelled?.status).toBe('cancelled');
		expect(sim.book.of('cancel')).toHaveLength(1);
	});

	it('is not sent for a job that ended in the meantime: it would delete the video', async () => {
		const job = await submitted(localGpu, { durationMs: Infinity });
		await sim.finish(job.jobId);
		const { job: done } = await cancelJob(localGpu, account(), job, host);
		expect(done).toMatchObject({ status: 'succeeded' });
		expect(sim.book.of('cancel')).toEqual([]);
	});

	it('asks nobody about a job that is over', async () => {
		const job = await submitted(localGpu, { durationMs: 0 });
		const { job: done } = await wait(localGpu, job);
		const asked = sim.book.requests.length;
		expect(await cancelJob(localGpu, account(), done, host)).toEqual({ job: done });
		expect(sim.book.requests).toHaveLength(asked);
	});

	it('says of a job that nobody knows that it is not known, and sends nothing', async () => {
		const job = await submitted(localGpu, { durationMs: Infinity });
		const { failure } = await cancelJob(localGpu, account(), { ...job, jobId: 'video_7' }, host);
		expect(failure).toMatchObject({ code: 'not_found' });
		expect(sim.book.of('cancel')).toEqual([]);
	});

	it('that breaks off says that the job exists', async () => {
		const job = await submitted(localGpu, { durationMs: Infinity });
		sim.faults.next('cancel', { kind: 'resetBefore' });
		const { failure } = await cancelJob(localGpu, account(), job, host);
		expect(failure).toMatchObject({ code: 'network', accepted: 'yes' });
		expect(failure?.message).toContain(job.jobId);
	});

	it('where the provider can not says that the job goes on and is paid', async () => {
		const job = await submitted(modelslabV6, { durationMs: Infinity });
		const { failure } = await cancelJob(modelslabV6, account(), job, host);
		expect(failure).toMatchObject({ code: 'not_allowed', accepted: 'yes' });
		expect(failure?.advice).toMatch(/ignore its result/);
		expect(sim.book.of('fetch')).toEqual([]);
	});
});
