/** Stop, a time limit and the user's own cancel in each part of a job's life, and what Retry then gives and costs. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import {
	lifeWorkflow,
	simulatedCredentials,
	startLife,
	untilAsleep,
} from '../support/lifeWorkflow';
import { itemsOf, N8nServer, until } from '../support/n8nServer';

let sim: Simulator;
let n8n: N8nServer;
let earlier = 0;

const ENDED = new Set(['success', 'error', 'crashed', 'canceled'] as const);
const LIMITED = { workflowSettings: { executionTimeout: 6 } };

interface Row {
	workflow: string;
	when: string;
	stopped: string;
	'job after': string;
	retry: string;
	files: number;
	'paid before': number;
	'paid by Retry': number;
}
const table: Row[] = [];

/** As the proof of what Stop and Retry do and cost. */
const asText = (rows: Row[]): string =>
	[Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row))]
		.map((cells) => `| ${cells.join(' | ')} |\n`)
		.join('');

beforeAll(async () => {
	sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: Infinity });
	n8n = await N8nServer.start({
		credentials: simulatedCredentials(sim, ['textToVideoLocalGpuApi', 'textToVideoModelsLabApi']),
		workflows: [
			// Honours an idempotency key, reports progress and can cancel.
			lifeWorkflow({ id: 'own', provider: 'localGpu' }),
			lifeWorkflow({ id: 'ownLimited', provider: 'localGpu', ...LIMITED }),
			// None of the three.
			lifeWorkflow({ id: 'cloud', provider: 'modelslabV6' }),
			lifeWorkflow({ id: 'cloudLimited', provider: 'modelslabV6', ...LIMITED }),
			lifeWorkflow({
				id: 'asleep',
				provider: 'modelslabV6',
				parameters: { whenSubmitted: 'suspend' },
			}),
		],
		active: ['own', 'ownLimited', 'cloud', 'cloudLimited', 'asleep'],
	});
});
afterAll(async () => {
	process.stdout.write(asText(table));
	await n8n?.dispose();
	await sim?.close();
});
beforeEach(() => {
	earlier = sim.book.charges;
	sim.faults.clear();
});

const jobs = () => sim.book.jobs.slice(earlier);
const bought = async () =>
	await until(60_000, 'a job', async () => (jobs().length > 0 ? true : undefined));
const finishAll = async () =>
	await Promise.all(
		jobs()
			.filter(({ id }) => !/succeeded|failed|cancelled/.test(sim.state(id).status))
			.map(async ({ id }) => await sim.finish(id)),
	);

/** What becomes of the run and of its job, and of a Retry of it. */
async function ended(workflow: string, when: string, id: string): Promise<Row> {
	const run = await n8n.rest.untilExecution(id, ENDED);
	// Where the provider can cancel, it is told a moment later.
	const stateOf = () => jobs().map((job) => sim.state(job.id).status);
	await until(20_000, 'the job to be what it will be', async () =>
		workflow.startsWith('own') && stateOf().includes('processing') ? undefined : true,
	);
	const after = stateOf().join();
	const before = jobs().length;
	let over = false;
	const retrying = n8n.rest.retry(id, false).finally(() => (over = true));
	while (!over) {
		await finishAll();
		await Promise.race([retrying, new Promise((resolve) => setTimeout(resolve, 200))]);
	}
	const retry = await n8n.rest.untilExecution(await retrying, ENDED);
	const row: Row = {
		...{ workflow, when, stopped: run.status, 'job after': after, retry: retry.status },
		files: itemsOf(retry, 'Video').filter(({ binary }) => binary?.data).length,
		'paid before': before,
		'paid by Retry': jobs().length - before,
	};
	table.push(row);
	return row;
}

const stop = async (id: string) => await n8n.rest.stop(id);

describe('Stop, and then Retry', () => {
	it.each([
		['own', { 'job after': 'cancelled', files: 1, 'paid by Retry': 1 }],
		['cloud', { files: 1, 'paid by Retry': 0 }],
	])('%s: while the submit is on its way', async (workflow, expected) => {
		const asked = sim.book.of('submit').length;
		sim.faults.next('submit', { kind: 'slow', ms: 3_000 });
		const id = await startLife(n8n, workflow, ['A slow start']);
		await until(60_000, 'the submit', async () =>
			sim.book.of('submit').length > asked ? true : undefined,
		);
		await stop(id);
		await bought();
		expect(await ended(workflow, 'submit on its way', id)).toMatchObject(expected);
	});

	it.each([
		['own', { 'job after': 'cancelled', files: 1, 'paid by Retry': 1 }],
		['cloud', { files: 1, 'paid by Retry': 0 }],
	])('%s: while the video is waited for', async (workflow, expected) => {
		const id = await startLife(n8n, workflow, ['A long wait']);
		await bought();
		await until(60_000, 'the wait', async () =>
			n8n.log(200).includes(`job ${jobs()[0]!.id}`) ? true : undefined,
		);
		await stop(id);
		expect(await ended(workflow, 'waiting', id)).toMatchObject(expected);
	});

	it.each([
		['own', { 'job after': 'succeeded', files: 1, 'paid by Retry': 0 }],
		['cloud', { 'job after': 'succeeded', files: 1, 'paid by Retry': 0 }],
	])('%s: while the video is downloaded', async (workflow, expected) => {
		for (const call of ['content', 'file'] as const)
			sim.faults.next(call, { kind: 'slow', ms: 60_000 });
		const id = await startLife(n8n, workflow, ['A long way']);
		await bought();
		await finishAll();
		await until(120_000, 'the download', async () => (sim.faults.pending === 1 ? true : undefined));
		await stop(id);
		sim.faults.clear();
		expect(await ended(workflow, 'downloading', id)).toMatchObject(expected);
	});

	it('asleep: the video that was paid for', async () => {
		const id = await startLife(n8n, 'asleep', ['A deep sleep']);
		await untilAsleep(n8n, id);
		await stop(id);
		expect(await ended('asleep', 'asleep', id)).toMatchObject({ files: 1, 'paid by Retry': 0 });
	});
});

describe('the time limit of the workflow, and then Retry', () => {
	it.each([
		['ownLimited', { 'job after': 'cancelled', files: 1, 'paid by Retry': 1 }],
		['cloudLimited', { files: 1, 'paid by Retry': 0 }],
	])('%s', async (workflow, expected) => {
		const id = await startLife(n8n, workflow, ['A short time']);
		await bought();
		expect(await ended(workflow, 'time limit', id)).toMatchObject({
			...{ stopped: 'canceled', retry: 'success' },
			...expected,
		});
	});
});

it('the user’s own cancel at the executor, and then Retry: a new job', async () => {
	const id = await startLife(n8n, 'own', ['A change of mind']);
	await bought();
	await fetch(`${sim.url}/v1/videos/${jobs()[0]!.id}`, {
		method: 'DELETE',
		headers: { authorization: `Bearer ${sim.key}` },
	});
	expect(await ended('own', 'cancelled at the executor', id)).toMatchObject({
		...{ stopped: 'error', 'job after': 'cancelled', files: 1, 'paid by Retry': 1 },
	});
});
