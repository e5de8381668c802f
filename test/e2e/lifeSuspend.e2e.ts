import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulators/simulator';
import {
	lifeWorkflow,
	promptsOf,
	simulatedCredentials,
	startLife,
	untilAsleep,
} from '../support/lifeWorkflow';
import { itemsOf, N8nServer, until } from '../support/n8nServer';

/** Sends no callback twice and reports no progress: the barest provider that calls back. */
const PROVIDER = 'modelslabV6';
const PROVIDERS = ['textToVideoModelsLabApi'];

let sim: Simulator;
let n8n: N8nServer;
/** Jobs that the tests before this one bought. */
let earlier = 0;

beforeAll(async () => {
	sim = await startSimulator({ durationMs: Infinity });
	const suspended = { whenSubmitted: 'suspend' };
	n8n = await N8nServer.start({
		credentials: simulatedCredentials(sim, PROVIDERS),
		workflows: [
			lifeWorkflow({ id: 'suspend', provider: PROVIDER, parameters: suspended }),
			lifeWorkflow({
				id: 'deadline',
				provider: PROVIDER,
				parameters: { ...suspended, options: { waitAtMost: 1.1 } },
			}),
			lifeWorkflow({
				id: 'errors',
				provider: PROVIDER,
				parameters: suspended,
				settings: { onError: 'continueErrorOutput' },
			}),
		],
		active: ['suspend', 'deadline', 'errors'],
	});
});
afterAll(async () => {
	await n8n?.dispose();
	await sim?.close();
});
beforeEach(() => {
	earlier = sim.book.charges;
});

const jobs = () => sim.book.jobs.slice(earlier);
const finishAll = async () => await Promise.all(jobs().map(async ({ id }) => await sim.finish(id)));

describe.each([1, 3, 50])('%i items', (count) => {
	it('sleep until the last real callback, and every item gets its own video, paid once', async () => {
		const id = await startLife(n8n, 'suspend', promptsOf(count));
		const asleep = await untilAsleep(n8n, id);
		expect(asleep.status).toBe('waiting');
		expect(jobs()).toHaveLength(count);
		await finishAll();
		const done = await n8n.rest.untilExecution(id);
		expect(done.data.resultData.error).toBeUndefined();
		expect(done.status).toBe('success');
		const items = itemsOf(done, 'After');
		const byPrompt = new Map(jobs().map((job) => [String(job.request.prompt), job.id]));
		expect(items.map(({ json }) => json.jobId)).toEqual(
			promptsOf(count).map((prompt) => byPrompt.get(prompt)),
		);
		expect(items.every(({ binary }) => binary?.data?.mimeType === 'video/mp4')).toBe(true);
		expect(jobs()).toHaveLength(count);
		expect(done.data.resultData.runData.After).toHaveLength(1);
	});
});

describe('a restart', () => {
	it.each([
		['SIGKILL', async () => await n8n.killAndRestart()],
		['SIGTERM', async () => await n8n.stopAndRestart()],
	])('(%s) while the run sleeps loses nothing', async (_signal, restart) => {
		const id = await startLife(n8n, 'suspend', promptsOf(3));
		expect((await untilAsleep(n8n, id)).status).toBe('waiting');
		await restart();
		await finishAll();
		const done = await n8n.rest.untilExecution(id);
		expect(done.status).toBe('success');
		expect(itemsOf(done, 'After')).toHaveLength(3);
		expect(jobs()).toHaveLength(3);
	});

	it('while the woken run downloads loses nothing: Retry takes the paid videos', async () => {
		const id = await startLife(n8n, 'suspend', promptsOf(3));
		expect((await untilAsleep(n8n, id)).status).toBe('waiting');
		sim.faults.next('file', { kind: 'slow', ms: 60_000 }, { times: 3 });
		await finishAll();
		await until(20_000, 'the download to start', async () =>
			sim.faults.pending === 0 ? true : undefined,
		);
		await n8n.killAndRestart();
		const crashed = await n8n.rest.untilExecution(id, new Set(['crashed', 'error'] as const));
		const retried = await n8n.rest.retry(crashed.id, false);
		const done = await n8n.rest.untilExecution(retried);
		expect(done.status).toBe('success');
		expect(itemsOf(done, 'After').every(({ binary }) => binary?.data)).toBe(true);
		expect(itemsOf(done, 'After')).toHaveLength(3);
		expect(jobs()).toHaveLength(3);
	});

	it('that covers the deadline still passes the jobs on', async () => {
		const id = await startLife(n8n, 'deadline', promptsOf(2));
		const asleep = await untilAsleep(n8n, id);
		expect(asleep.status).toBe('waiting');
		await n8n.kill();
		const leftMs = new Date(asleep.waitTill as string).getTime() - Date.now();
		await new Promise((done) => setTimeout(done, leftMs + 1_000));
		await n8n.start();
		const done = await n8n.rest.untilExecution(id);
		expect(done.status).toBe('success');
		// The items are submitted side by side, so the provider's book has them in any order.
		const passedOn = itemsOf(done, 'After').map(({ json }) => [json.jobId, json.finished]);
		expect(passedOn.sort()).toEqual(
			jobs()
				.map(({ id: jobId }) => [jobId, false])
				.sort(),
		);
	});
});

describe('calls that should not be', () => {
	it('do no harm while the run sleeps: forged, foreign, unsigned, repeated, late', async () => {
		const id = await startLife(n8n, 'suspend', promptsOf(2));
		expect((await untilAsleep(n8n, id)).status).toBe('waiting');
		const [first, second] = jobs() as [
			(typeof sim.book.jobs)[number],
			(typeof sim.book.jobs)[number],
		];
		const address = first.callbackUrl as string;
		const post = async (url: string, body: unknown) =>
			(
				await fetch(url, {
					method: 'POST',
					headers: { 'content-type': 'application/json' },
					body: JSON.stringify(body),
				})
			).status;
		const forged = { id: Number(first.id), status: 'success', output: ['https://evil.test/a.mp4'] };
		expect(await post(address, forged)).toBe(200);
		expect(await post(address, { id: 1, status: 'success' })).toBe(200);
		const unsigned = new URL(address);
		unsigned.searchParams.set('signature', 'f'.repeat(64));
		expect(await post(unsigned.toString(), forged)).toBe(401);
		const otherNode = new URL(address);
		otherNode.pathname = otherNode.pathname.replace(/\/[^/]+$/, '');
		expect(await post(otherNode.toString(), forged)).toBe(404);
		expect((await n8n.rest.execution(id)).status).toBe('waiting');

		await sim.finish(first.id);
		await sim.callback(first.id);
		await sim.finish(second.id);
		const done = await n8n.rest.untilExecution(id);
		expect(done.status).toBe('success');
		expect(itemsOf(done, 'After').map(({ json }) => json.jobId)).toEqual(
			promptsOf(2).map((prompt) => jobs().find(({ request }) => request.prompt === prompt)?.id),
		);
		await sim.callback(second.id);
		expect(await n8n.rest.executionIds('suspend')).not.toHaveLength(0);
		expect((await n8n.rest.execution(id)).data.resultData.runData.After).toHaveLength(1);
	});

	it('that come before the run sleeps are made up for', async () => {
		sim.faults.next('submit', { kind: 'slow', ms: 1_500 });
		const id = await startLife(n8n, 'suspend', promptsOf(3));
		await until(10_000, 'two jobs', async () => (jobs().length === 2 ? true : undefined));
		await finishAll();
		await until(10_000, 'three jobs', async () => (jobs().length === 3 ? true : undefined));
		await untilAsleep(n8n, id);
		await finishAll();
		const done = await n8n.rest.untilExecution(id);
		expect(done.status).toBe('success');
		expect(itemsOf(done, 'After').every(({ binary }) => binary?.data)).toBe(true);
	});
});

it('routes a job that failed to the error output, with its place and its id', async () => {
	const id = await startLife(n8n, 'errors', promptsOf(3));
	expect((await untilAsleep(n8n, id)).status).toBe('waiting');
	const [first, second, third] = jobs().map((job) => job.id) as [string, string, string];
	await sim.finish(first);
	await sim.fail(second, 'The lights went out');
	await sim.finish(third);
	const done = await n8n.rest.untilExecution(id);
	expect(itemsOf(done, 'Video', 0)).toHaveLength(2);
	expect(itemsOf(done, 'Video', 1)[0]?.json).toMatchObject({
		message: expect.stringContaining('The lights went out') as string,
		details: { accepted: 'yes', jobId: second },
	});
});

it('Stop ends the sleep, and a late callback starts nothing', async () => {
	const id = await startLife(n8n, 'suspend', promptsOf(1));
	expect((await untilAsleep(n8n, id)).status).toBe('waiting');
	await n8n.rest.stop(id);
	const stopped = await n8n.rest.untilExecution(id);
	expect(stopped.status).toBe('canceled');
	await finishAll();
	const after = await n8n.rest.execution(id);
	expect(after.status).toBe('canceled');
	expect(after.data.resultData.runData.After).toBeUndefined();
	expect(JSON.stringify(after.data.resultData.runData.Video)).toContain(jobs()[0]?.id);
});
