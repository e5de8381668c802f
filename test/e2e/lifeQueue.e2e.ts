import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import {
	lifeWorkflow,
	promptsOf,
	simulatedCredentials,
	startLife,
	untilAsleep,
} from '../support/lifeWorkflow';
import { itemsOf, until } from '../support/n8nServer';
import { startQueueMode, type QueueMode } from '../support/queueMode';

let sim: Simulator;
let n8n: QueueMode;
/** Jobs that the tests before this one bought. */
let earlier = 0;

beforeAll(async () => {
	sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: 3_600_000 });
	n8n = await startQueueMode({
		credentials: simulatedCredentials(sim, ['textToVideoLocalGpuApi', 'textToVideoModelsLabApi']),
		workflows: [
			lifeWorkflow({
				id: 'suspend',
				provider: 'modelslabV6',
				parameters: { whenSubmitted: 'suspend' },
			}),
			lifeWorkflow({ id: 'wait', provider: 'localGpu' }),
		],
		active: ['suspend', 'wait'],
	});
}, 400_000);
afterAll(async () => {
	await n8n?.dispose();
	await sim?.close();
});
beforeEach(() => {
	earlier = sim.book.charges;
});

const jobs = () => sim.book.jobs.slice(earlier);
const bought = async (count: number) =>
	await until(30_000, `${count} jobs`, async () => (jobs().length === count ? true : undefined));
const finishAll = async () => await Promise.all(jobs().map(async ({ id }) => await sim.finish(id)));

it('waits in the worker', async () => {
	const id = await startLife(n8n.main, 'wait', promptsOf(3));
	await bought(3);
	await finishAll();
	const done = await n8n.main.rest.untilExecution(id);
	expect(done.status).toBe('success');
	expect(itemsOf(done, 'After').every(({ binary }) => binary?.data)).toBe(true);
	expect(itemsOf(done, 'After')).toHaveLength(3);
	expect(jobs()).toHaveLength(3);
});

it('sleeps without a worker and wakes in any of them', async () => {
	const id = await startLife(n8n.main, 'suspend', promptsOf(3));
	const asleep = await untilAsleep(n8n.main, id);
	expect(asleep.status).toBe('waiting');
	await n8n.replaceWorker();
	await finishAll();
	const done = await n8n.main.rest.untilExecution(id);
	expect(done.data.resultData.error).toBeUndefined();
	expect(done.status).toBe('success');
	expect(itemsOf(done, 'After').every(({ binary }) => binary?.data)).toBe(true);
	expect(itemsOf(done, 'After')).toHaveLength(3);
	expect(jobs()).toHaveLength(3);
});
