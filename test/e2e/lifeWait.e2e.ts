import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import {
	lifeWorkflow,
	promptsOf,
	simulatedCredentials,
	startLife,
	untilAsleep,
} from '../support/lifeWorkflow';
import { NEWEST_N8N, OLDEST_N8N } from '../support/n8nHosts';
import { itemsOf, N8nServer, until, type Execution } from '../support/n8nServer';

const ENDED = new Set(['success', 'error', 'crashed', 'canceled'] as const);

describe.each([NEWEST_N8N, OLDEST_N8N])('on $name', (host) => {
	let sim: Simulator;
	let n8n: N8nServer;
	let videosTakeMs = Infinity;
	/** Jobs that the tests before this one bought. */
	let earlier = 0;

	beforeAll(async () => {
		sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: () => videosTakeMs });
		n8n = await N8nServer.start({
			...host,
			credentials: simulatedCredentials(sim, ['textToVideoLocalGpuApi', 'textToVideoModelsLabApi']),
			workflows: [
				// Honours an idempotency key, reports progress and can cancel.
				lifeWorkflow({ id: 'local', provider: 'localGpu' }),
				lifeWorkflow({
					id: 'tries',
					provider: 'localGpu',
					settings: { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 },
				}),
				lifeWorkflow({
					id: 'limited',
					provider: 'localGpu',
					workflowSettings: { executionTimeout: 3 },
				}),
				lifeWorkflow({
					id: 'sleep',
					provider: 'localGpu',
					parameters: { whenSubmitted: 'suspend' },
				}),
				// None of the three.
				lifeWorkflow({ id: 'cloud', provider: 'modelslabV6' }),
			],
			active: ['local', 'tries', 'limited', 'sleep', 'cloud'],
		});
	});
	afterAll(async () => {
		await n8n?.dispose();
		await sim?.close();
	});
	beforeEach(() => {
		earlier = sim.book.charges;
		videosTakeMs = Infinity;
		sim.faults.clear();
	});

	const jobs = () => sim.book.jobs.slice(earlier);
	const bought = async (count: number) =>
		await until(20_000, `${count} jobs`, async () => (jobs().length === count ? true : undefined));
	const finishAll = async () =>
		await Promise.all(jobs().map(async ({ id }) => await sim.finish(id)));
	/** Presses Retry, which n8n 1 answers when the run is over, and makes whatever is ordered. */
	const retried = async (id: string): Promise<Execution> => {
		videosTakeMs = 300;
		return await n8n.rest.untilExecution(await n8n.rest.retry(id, false));
	};
	/** How many jobs there are after Retry, of a run that n8n died in. */
	const jobsAfterRetry = (count: number) => (host.knowsWhatItRetries ? count : 2 * count);
	/** The job of each prompt that was ordered last. */
	const newestJobs = (prompts: string[]) =>
		prompts.map((prompt) => jobs().findLast(({ request }) => request.prompt === prompt)?.id);

	describe('a power cut with a provider that honours an idempotency key', () => {
		it('while the node waits: Retry attaches to the same jobs, if n8n says which run it repeats', async () => {
			const id = await startLife(n8n, 'local', promptsOf(3));
			await bought(3);
			const log = await until(5_000, 'the ids in the log', async () => {
				const text = n8n.log(200);
				return jobs().every((job) => text.includes(job.id)) ? text : undefined;
			});
			expect(log).toContain('Submitted Local GPU job');
			await n8n.killAndRestart();
			expect((await n8n.rest.untilExecution(id, ENDED)).status).toBe('crashed');
			await finishAll();
			const done = await retried(id);
			expect(done.status).toBe('success');
			expect(itemsOf(done, 'After').map(({ json }) => json.jobId)).toEqual(
				newestJobs(promptsOf(3)),
			);
			expect(jobs()).toHaveLength(jobsAfterRetry(3));
		});

		it('while a submit is on its way: Retry does not pay again, under the same condition', async () => {
			sim.faults.next('submit', { kind: 'slow', ms: 3_000 });
			const before = sim.book.of('submit').length;
			const id = await startLife(n8n, 'local', promptsOf(1));
			await until(10_000, 'the submit', async () =>
				sim.book.of('submit').length > before ? true : undefined,
			);
			await n8n.kill();
			await bought(1);
			await n8n.start();
			await n8n.rest.untilExecution(id, ENDED);
			await finishAll();
			const done = await retried(id);
			expect(done.status).toBe('success');
			expect(itemsOf(done, 'After')[0]?.binary?.data?.mimeType).toBe('video/mp4');
			expect(jobs()).toHaveLength(jobsAfterRetry(1));
		});

		it('while the video is downloaded: Retry downloads the paid one, under the same condition', async () => {
			sim.faults.next('content', { kind: 'slow', ms: 60_000 });
			const id = await startLife(n8n, 'local', promptsOf(1));
			await bought(1);
			await finishAll();
			await until(90_000, 'the download', async () =>
				sim.faults.pending === 0 ? true : undefined,
			);
			await n8n.killAndRestart();
			await n8n.rest.untilExecution(id, ENDED);
			const done = await retried(id);
			expect(itemsOf(done, 'After')[0]?.binary?.data?.mimeType).toBe('video/mp4');
			expect(jobs()).toHaveLength(jobsAfterRetry(1));
		});
	});

	it('names every job in the log when it is submitted, for a provider without such a key', async () => {
		const id = await startLife(n8n, 'cloud', promptsOf(2));
		await bought(2);
		await until(5_000, 'the ids in the log', async () =>
			jobs().every((job) => n8n.log(200).includes(`job ${job.id}`)) ? true : undefined,
		);
		await n8n.rest.stop(id);
		expect((await n8n.rest.untilExecution(id)).status).toBe('canceled');
	});

	it('told to sleep, a run holds no worker where n8n can wake it, and waits awake where it can not', async () => {
		const id = await startLife(n8n, 'sleep', promptsOf(2));
		await bought(2);
		const asleep = async () => (await untilAsleep(n8n, id)).status;
		/** Each job was asked for, and then was not done. */
		const awake = async () =>
			await until(60_000, 'the run to ask', async () => {
				const asked = new Set(sim.book.of('fetch').map(({ jobId }) => jobId));
				const { status } = await n8n.rest.execution(id);
				return jobs().every((job) => asked.has(job.id)) ? status : undefined;
			});
		expect(await (host.canSleep ? asleep : awake)()).toBe(host.canSleep ? 'waiting' : 'running');
		await finishAll();
		const done = await n8n.rest.untilExecution(id);
		expect(done.data.resultData.error?.message).toBeUndefined();
		expect(itemsOf(done, 'After').map(({ json }) => json.jobId)).toEqual(newestJobs(promptsOf(2)));
		expect(itemsOf(done, 'After').every(({ binary }) => binary?.data)).toBe(true);
		expect(jobs()).toHaveLength(2);
	});

	describe('Stop', () => {
		it('ends the wait at once and cancels the jobs at the provider', async () => {
			const id = await startLife(n8n, 'local', promptsOf(2));
			await bought(2);
			await n8n.rest.stop(id);
			expect((await n8n.rest.untilExecution(id)).status).toBe('canceled');
			await until(10_000, 'both to be cancelled', async () =>
				jobs().every((job) => sim.state(job.id).status === 'cancelled') ? true : undefined,
			);
			const asked = sim.book.of('fetch').length;
			await new Promise((resolve) => setTimeout(resolve, 3_000));
			expect(sim.book.of('fetch')).toHaveLength(asked);
		});

		it('is what the workflow’s own time limit does', async () => {
			const id = await startLife(n8n, 'limited', promptsOf(1));
			await bought(1);
			const ended = await n8n.rest.untilExecution(id);
			expect(ended.status).toBe('canceled');
			await until(10_000, 'the job to be cancelled', async () =>
				sim.state(jobs()[0]!.id).status === 'cancelled' ? true : undefined,
			);
		});
	});

	describe('retries', () => {
		it('by Retry on Fail pay once for each video', async () => {
			sim.faults.next('fetch', { kind: 'error', error: 'invalidKey' });
			const id = await startLife(n8n, 'tries', promptsOf(3));
			await bought(3);
			await until(90_000, 'the fault', async () => (sim.faults.pending === 0 ? true : undefined));
			await finishAll();
			const done = await n8n.rest.untilExecution(id);
			expect(done.status).toBe('success');
			expect(itemsOf(done, 'After')).toHaveLength(3);
			expect(jobs()).toHaveLength(3);
		});

		it.each([false, true])('by hand (current workflow: %s) attach to the jobs', async (current) => {
			const id = await startLife(n8n, 'cloud', promptsOf(2));
			await bought(2);
			const [first, second] = jobs() as [
				(typeof sim.book.jobs)[number],
				(typeof sim.book.jobs)[number],
			];
			await sim.fail(first.id, 'The lights went out');
			await sim.finish(second.id);
			const failed = await n8n.rest.untilExecution(id, undefined, 200_000);
			expect(failed.data.resultData.error?.message).toContain(first.id);
			expect(failed.data.resultData.error?.description).toContain(second.id);
			expect(Object.keys(failed.data.resultData.metadata ?? {}).includes('job0')).toBe(
				host.keepsNotesOfFailures,
			);
			const retrying = n8n.rest.retry(id, current);
			await bought(3);
			await finishAll();
			const done = await n8n.rest.untilExecution(await retrying, undefined, 200_000);
			expect(done.status).toBe('success');
			expect(itemsOf(done, 'After').map(({ json }) => json.jobId)).toContain(second.id);
			expect(jobs()).toHaveLength(3);
		});
	});
});
