/** The product's own submit, wait, cancel and failures against providers that do no more than their documents promise. */
import { afterEach, describe, expect, it } from 'vitest';
import { cancelJob } from '../../jobs/cancel';
import { pollUntilDone } from '../../jobs/poll';
import type { Job, Provider } from '../../providers/contract';
import { localGpu } from '../../providers/localGpu';
import { modelslabV6 } from '../../providers/modelslab';
import { newJob } from '../../providers/replies/job';
import { providers } from '../../providers/registry';
import { smallValues, submit } from '../simulators/client';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulators/simulator';
import { START_MS, virtualHost, type VirtualHost } from '../support/virtualClock';

let sim: Simulator;
let host: VirtualHost;
afterEach(async () => await sim?.close());

async function submitted(provider: Provider, options: SimulatorOptions): Promise<Job> {
	host = virtualHost(provider, 'a-key');
	sim = await startSimulator({ key: 'a-key', now: host.now, autoCallbacks: false, ...options });
	const { job, failure } = await submit(sim, provider, smallValues(provider), {
		nowMs: host.now(),
	});
	expect(failure).toBeUndefined();
	return job as Job;
}

const wait = async (provider: Provider, job: Job) =>
	await pollUntilDone(provider, { baseUrl: sim.url }, job, host, {
		deadlineMs: START_MS + 3_600_000,
	});

describe.each(providers.map((provider) => [provider.id, provider] as const))(
	'%s',
	(_id, provider) => {
		it('finds every one of ten jobs, whatever form its replies take, and asks with patience', async () => {
			for (let seed = 1; seed <= 10; seed += 1) {
				const job = await submitted(provider, {
					...{ seed, durationMs: 90_000, queueMs: 30_000, unknownForMs: 4_000 },
				});
				const { job: done } = await wait(provider, job);
				expect(done).toMatchObject({ jobId: job.jobId, status: 'succeeded' });
				expect(done.videos[0]?.url).toMatch(/^http/);
				expect(sim.book.of('fetch').length).toBeLessThan(30);
				expect(sim.book.charges).toBe(1);
				await sim.close();
			}
		});
	},
);

describe('a queue that is full', () => {
	it('refuses for certain, and says how long to wait', async () => {
		await submitted(modelslabV6, { durationMs: Infinity, queueLimit: 1 });
		const { failure } = await submit(sim, modelslabV6, smallValues(modelslabV6));
		expect(failure).toMatchObject({ code: 'rate_limited', accepted: 'no', retryAfterSeconds: 1 });
		expect(sim.book.charges).toBe(1);
	});
});

describe('an OpenAI Videos server that is not ours', () => {
	it('(SGLang) makes the video, though it never says that it has begun', async () => {
		const job = await submitted(localGpu, { durationMs: 90_000, openaiServer: 'sglang' });
		const { job: done } = await wait(localGpu, job);
		expect(done).toMatchObject({ status: 'succeeded', videos: [{ requiresKey: true }] });
		const reply = await fetch(done.videos[0]!.url, { headers: { authorization: 'Bearer a-key' } });
		expect(reply.headers.get('content-type')).toBe('video/mp4');
	});

	it('(SGLang) tells why a job failed, in a word without a code', async () => {
		const job = await submitted(localGpu, {
			...{ durationMs: 5_000, openaiServer: 'sglang', failWhen: () => 'CUDA out of memory' },
		});
		const { job: failed } = await wait(localGpu, job);
		expect(failed.failure).toMatchObject({
			code: 'generation_failed',
			message: 'CUDA out of memory',
		});
	});

	it('(SGLang) forgets its jobs when it is started again, which is not taken for "not yet" for ever', async () => {
		const job = await submitted(localGpu, { durationMs: Infinity, openaiServer: 'sglang' });
		sim.book.jobs.length = 0;
		const { problem } = await wait(localGpu, job);
		expect(problem).toMatchObject({
			code: 'not_found',
			message: expect.stringContaining('not found') as string,
		});
	});

	it('(SGLang) cancels with a word of its own', async () => {
		const job = await submitted(localGpu, { durationMs: Infinity, openaiServer: 'sglang' });
		const { job: cancelled } = await cancelJob(localGpu, { baseUrl: sim.url }, job, host);
		expect(cancelled).toMatchObject({ status: 'cancelled' });
		// Nobody can ask for it any more, and a second cancel says so.
		const again = await cancelJob(localGpu, { baseUrl: sim.url }, job, host);
		expect(again.failure).toMatchObject({ code: 'not_found' });
	});

	/** vLLM-Omni takes forms only; its jobs come from elsewhere and are picked up here. */
	async function madeByForm(options: SimulatorOptions): Promise<Job> {
		host = virtualHost(localGpu, 'a-key');
		sim = await startSimulator({
			now: host.now,
			key: 'a-key',
			openaiServer: 'vllmOmni',
			...options,
		});
		const body = new FormData();
		for (const [name, value] of Object.entries({ prompt: 'A boat', seconds: '4' })) {
			body.set(name, value);
		}
		const headers = { authorization: 'Bearer a-key' };
		const reply = await fetch(`${sim.url}/v1/videos`, { method: 'POST', headers, body });
		const { id } = (await reply.json()) as { id: string };
		return newJob('localGpu', id, host.now());
	}

	it('(vLLM-Omni) makes the video, and tells nothing before its end', async () => {
		const job = await madeByForm({ durationMs: 90_000 });
		const { job: done } = await wait(localGpu, job);
		expect(done).toMatchObject({ status: 'succeeded', videos: [{ mimeType: 'video/mp4' }] });
	});

	it('(vLLM-Omni) tells of a failed job in an error reply: it is over, and asked for no more', async () => {
		const job = await madeByForm({ durationMs: 5_000, failWhen: () => 'CUDA out of memory' });
		const { job: failed, problem } = await wait(localGpu, job);
		expect(problem).toBeUndefined();
		expect(failed).toMatchObject({
			status: 'failed',
			failure: { code: 'generation_failed', message: 'CUDA out of memory' },
		});
		expect(sim.book.of('fetch').filter(({ status }) => status === 500)).toHaveLength(1);
	});

	it('(vLLM-Omni) takes forms only: the refusal is certain, and names the field', async () => {
		host = virtualHost(localGpu, 'a-key');
		sim = await startSimulator({ key: 'a-key', openaiServer: 'vllmOmni' });
		const { failure } = await submit(sim, localGpu, smallValues(localGpu));
		expect(failure).toMatchObject({ code: 'invalid_request', accepted: 'no' });
		expect(failure?.message).toContain('prompt');
		expect(sim.book.charges).toBe(0);
	});
});
