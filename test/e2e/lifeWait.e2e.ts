import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import { lifeWorkflow, promptsOf, simulatedCredentials, startLife } from '../support/lifeWorkflow';
import { itemsOf, N8nServer, until } from '../support/n8nServer';

let sim: Simulator;
let n8n: N8nServer;
/** Jobs that the tests before this one bought. */
let earlier = 0;

const ENDED = new Set(['success', 'error', 'crashed', 'canceled'] as const);

beforeAll(async () => {
	sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: Infinity });
	n8n = await N8nServer.start({
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
			// None of the three.
			lifeWorkflow({ id: 'cloud', provider: 'modelslabV6' }),
		],
		active: ['local', 'tries', 'limited', 'cloud'],
	});
});
afterAll(async () => {
	await n8n?.dispose();
	await sim?.close();
});
beforeEach(() => {
	earlier = sim.book.charges;
	sim.faults.clear();
});

const jobs = () => sim.book.jobs.slice(earlier);
const bought = async (count: number) =>
	await until(20_000, `${count} jobs`, async () => (jobs().length === count ? true : undefined));
const finishAll = async () => await Promise.all(jobs().map(async ({ id }) => await sim.finish(id)));

describe('a power cut with a provider that honours an idempotency key', () => {
	it('while the node waits: Retry attaches to the same jobs', async () => {
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
		const done = await n8n.rest.untilExecution(await n8n.rest.retry(id, false));
		expect(done.status).toBe('success');
		expect(itemsOf(done, 'After').map(({ json }) => json.jobId)).toEqual(
			promptsOf(3).map((prompt) => jobs().find(({ request }) => request.prompt === prompt)?.id),
		);
		expect(jobs()).toHaveLength(3);
	});

	it('while a submit is on its way: Retry does not pay again', async () => {
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
		const done = await n8n.rest.untilExecution(await n8n.rest.retry(id, false));
		expect(done.status).toBe('success');
		expect(itemsOf(done, 'After')[0]?.binary?.data?.mimeType).toBe('video/mp4');
		expect(jobs()).toHaveLength(1);
	});

	it('while the video is downloaded: Retry downloads the paid one', async () => {
		sim.faults.next('content', { kind: 'slow', ms: 60_000 });
		const id = await startLife(n8n, 'local', promptsOf(1));
		await bought(1);
		await finishAll();
		await until(90_000, 'the download', async () => (sim.faults.pending === 0 ? true : undefined));
		await n8n.killAndRestart();
		await n8n.rest.untilExecution(id, ENDED);
		const done = await n8n.rest.untilExecution(await n8n.rest.retry(id, false));
		expect(itemsOf(done, 'After')[0]?.binary?.data?.mimeType).toBe('video/mp4');
		expect(jobs()).toHaveLength(1);
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
		expect(failed.data.resultData.metadata).toMatchObject({ job0: expect.anything() as string });
		const retrying = n8n.rest.retry(id, current);
		await bought(3);
		await finishAll();
		const done = await n8n.rest.untilExecution(await retrying, undefined, 200_000);
		expect(done.status).toBe('success');
		expect(itemsOf(done, 'After').map(({ json }) => json.jobId)).toContain(second.id);
		expect(jobs()).toHaveLength(3);
	});
});
