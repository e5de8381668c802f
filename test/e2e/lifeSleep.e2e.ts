import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import type { SimulatedJob } from '../simulators/types';
import {
	lifeWorkflow,
	simulatedCredentials,
	startLife,
	untilAsleep,
} from '../support/lifeWorkflow';
import { itemsOf, N8nServer, until, type Execution } from '../support/n8nServer';

/** Sends no callback twice and reports no progress: the barest provider that calls back. */
const PROVIDER = 'modelslabV6';
/** Calls nobody back and estimates nothing. */
const SILENT = 'aimlapiPixverse';
const PROVIDERS = ['textToVideoModelsLabApi', 'textToVideoAimlApi'];
/** By the provider's estimate most jobs are far from done, and some are not. */
const FAR_MS = 3_600_000;
const NEAR_MS = 100_000;
const isNear = (job: { request: object }) =>
	/Lost call|Timed out/.test(JSON.stringify(job.request));

let sim: Simulator;
let n8n: N8nServer;

beforeAll(async () => {
	sim = await startSimulator({
		...WITHOUT_LIMITS,
		durationMs: (job) => (isNear(job) ? NEAR_MS : FAR_MS),
		autoCallbacks: false,
	});
	const asleep = { whenSubmitted: 'suspend' };
	const few = (minutes: number) => ({ ...asleep, options: { waitAtMost: minutes } });
	const life = { provider: PROVIDER, parameters: asleep };
	n8n = await N8nServer.start({
		credentials: simulatedCredentials(sim, PROVIDERS),
		workflows: [
			lifeWorkflow({ ...life, id: 'sleep' }),
			lifeWorkflow({ ...life, id: 'silent', provider: SILENT }),
			lifeWorkflow({ ...life, id: 'deadline', parameters: few(2.2) }),
			lifeWorkflow({ ...life, id: 'errors', settings: { onError: 'continueErrorOutput' } }),
			lifeWorkflow({ ...life, id: 'timeout', workflowSettings: { executionTimeout: 30 } }),
			lifeWorkflow({ ...life, id: 'loop', loop: true }),
			lifeWorkflow({ ...life, id: 'once', settings: { executeOnce: true } }),
		],
		active: ['sleep', 'silent', 'deadline', 'errors', 'timeout', 'loop', 'once'],
	});
});
afterAll(async () => {
	await n8n?.dispose();
	await sim?.close();
});

let starting: Promise<unknown> = Promise.resolve();

/** One run that sleeps, known by its prompts: stories run side by side in one n8n. */
class Story {
	/** When it wakes by itself, in Unix milliseconds. */
	asleepUntilMs = 0;

	private constructor(
		readonly id: string,
		readonly prompts: string[],
	) {}

	static async start(workflow: string, name: string, count: number): Promise<Story> {
		const prompts = Array.from({ length: count }, (_unused, index) => `${name} number ${index}`);
		// An execution is known by being new: one starts after the other.
		const mine = starting.then(async () => await startLife(n8n, workflow, prompts));
		starting = mine.catch(() => undefined);
		return new Story(await mine, prompts);
	}

	/** Asleep, with every job made: one for each item where nothing else is said. */
	static async asleep(workflow: string, name: string, count: number, jobs = count): Promise<Story> {
		const story = await Story.start(workflow, name, count);
		const { status, waitTill } = await untilAsleep(n8n, story.id);
		expect(status).toBe('waiting');
		story.asleepUntilMs = new Date(waitTill as string).getTime();
		expect(story.jobs).toHaveLength(jobs);
		return story;
	}

	/** In the order of the items. */
	get jobs(): SimulatedJob[] {
		return this.prompts.flatMap((prompt) =>
			sim.book.jobs.filter(({ request }) => request.prompt === prompt),
		);
	}

	async finishAll(): Promise<void> {
		for (const { id } of this.jobs) await sim.finish(id);
	}

	async callAll(): Promise<void> {
		for (const { id } of this.jobs) await sim.callback(id);
	}

	/** Every item has its own video, and was paid once. */
	async expectVideos(execution = this.id): Promise<Execution> {
		const done = await n8n.rest.untilExecution(execution);
		expect(done.data.resultData.error).toBeUndefined();
		expect(done.status).toBe('success');
		const items = itemsOf(done, 'After');
		expect(items.map(({ json }) => json.jobId)).toEqual(this.jobs.map(({ id }) => id));
		expect(items.every(({ binary }) => binary?.data?.mimeType === 'video/mp4')).toBe(true);
		expect(items).toHaveLength(this.prompts.length);
		expect(done.data.resultData.runData.After).toHaveLength(1);
		expect(done.data.resultData.runData.Video).toHaveLength(1);
		return done;
	}
}

const post = async (url: string, body: unknown): Promise<number> =>
	(
		await fetch(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		})
	).status;

describe('stories that are told side by side', { concurrent: true, timeout: 420_000 }, () => {
	it.each([1, 3, 50])('%i items sleep until the last callback', async (count) => {
		const story = await Story.asleep('sleep', `Called back ${count}`, count);
		await story.finishAll();
		await story.callAll();
		await story.expectVideos();
	});

	it('without any callback, n8n runs the same node again until the videos are done', async () => {
		const story = await Story.asleep('silent', 'Nobody calls', 3);
		const first = await n8n.rest.execution(story.id);
		const firstWake = new Date(first.waitTill as string).getTime();
		const later = await until(400_000, 'a second sleep', async () => {
			const { status, waitTill } = await n8n.rest.execution(story.id);
			return status === 'waiting' && new Date(waitTill as string).getTime() > firstWake
				? new Date(waitTill as string).getTime()
				: undefined;
		});
		expect(later - firstWake).toBeGreaterThanOrEqual(60_000);
		await story.finishAll();
		const done = await until(400_000, 'the videos', async () => {
			const { status } = await n8n.rest.execution(story.id);
			return status === 'waiting' || status === 'running' ? undefined : status;
		});
		expect(done).toBe('success');
		await story.expectVideos();
	});

	it('a callback that is lost costs one sleep, not the deadline', async () => {
		const story = await Story.asleep('sleep', 'Lost call', 2);
		await story.finishAll();
		await until(400_000, 'the end', async () =>
			(await n8n.rest.execution(story.id)).status === 'success' ? true : undefined,
		);
		await story.expectVideos();
	});

	it('a callback that comes before the provider shows the end wakes the run, which waits for it', async () => {
		const story = await Story.asleep('sleep', 'Early call', 1);
		const [job] = story.jobs as [SimulatedJob];
		await sim.callback(job.id, { as: { status: 'succeeded', progress: 100 } });
		await until(30_000, 'the run to wake', async () =>
			(await n8n.rest.execution(story.id)).status === 'running' ? true : undefined,
		);
		await story.finishAll();
		await story.expectVideos();
	});

	it('at the deadline the jobs are asked for once more and passed on as they stand', async () => {
		const story = await Story.asleep('deadline', 'Too slow', 2);
		await sim.finish(story.jobs[0]!.id);
		const done = await until(400_000, 'the deadline', async () => {
			const execution = await n8n.rest.execution(story.id);
			return execution.status === 'success' ? execution : undefined;
		});
		const items = itemsOf(done, 'After').map(({ json }) => [
			json.jobId,
			json.status,
			json.finished,
		]);
		expect(items).toEqual([
			[story.jobs[0]!.id, 'succeeded', true],
			[story.jobs[1]!.id, 'processing', false],
		]);
	});

	it('each round of a loop sleeps by itself', async () => {
		const story = await Story.start('loop', 'Round and round', 2);
		for (const count of [1, 2]) {
			await until(60_000, `round ${count}`, async () => {
				const { status } = await n8n.rest.execution(story.id);
				return status === 'waiting' && story.jobs.length === count ? true : undefined;
			});
			await story.finishAll();
			await sim.callback(story.jobs[count - 1]!.id);
		}
		const done = await n8n.rest.untilExecution(story.id);
		expect(done.status).toBe('success');
		expect(done.data.resultData.runData.Video).toHaveLength(2);
		expect(story.jobs).toHaveLength(2);
	});

	it('a workflow timeout ends the run when it wakes, and Retry takes the paid video', async () => {
		const story = await Story.asleep('timeout', 'Timed out', 1);
		await until(400_000, 'the timeout', async () =>
			(await n8n.rest.execution(story.id)).status === 'canceled' ? true : undefined,
		);
		await story.finishAll();
		await story.expectVideos(await n8n.rest.retry(story.id, false));
	});

	it('a job that failed goes to the error output, with its place and its id', async () => {
		const story = await Story.asleep('errors', 'One fails', 3);
		const [first, second, third] = story.jobs.map(({ id }) => id) as [string, string, string];
		await sim.finish(first);
		await sim.fail(second, 'The lights went out');
		await sim.finish(third);
		await story.callAll();
		const done = await n8n.rest.untilExecution(story.id);
		expect(itemsOf(done, 'Video', 0)).toHaveLength(2);
		expect(itemsOf(done, 'Video', 1)[0]?.json).toMatchObject({
			message: expect.stringContaining('The lights went out') as string,
			details: { accepted: 'yes', jobId: second },
		});
	});

	it('Stop ends the sleep, a late callback starts nothing, and Retry takes the paid video', async () => {
		const story = await Story.asleep('sleep', 'Stopped', 1);
		await n8n.rest.stop(story.id);
		expect((await n8n.rest.untilExecution(story.id)).status).toBe('canceled');
		await story.finishAll();
		await story.callAll();
		const after = await n8n.rest.execution(story.id);
		expect(after.status).toBe('canceled');
		expect(after.data.resultData.runData.After).toBeUndefined();
		await story.expectVideos(await n8n.rest.retry(story.id, false));
	});

	it('fifty items with calls in time, twice, lost and of failures: each ends as it is, paid once', async () => {
		const story = await Story.asleep('errors', 'Lost call in a mix of fifty', 50);
		const { jobs } = story;
		const failing = jobs.filter((_job, index) => index % 10 === 3);
		for (const { id } of failing) await sim.fail(id, 'The lights went out');
		for (const job of jobs) if (!failing.includes(job)) await sim.finish(job.id);
		const called = jobs.filter((_job, index) => index % 3 !== 0);
		for (const [index, { id }] of called.entries())
			await sim.callback(id, { times: 1 + (index % 2) });
		const done = await until(400_000, 'the end', async () => {
			const execution = await n8n.rest.execution(story.id);
			return execution.status === 'success' ? execution : undefined;
		});
		const lost = new Set(failing.map(({ id }) => id));
		const videos = itemsOf(done, 'Video', 0);
		expect(videos.map(({ json }) => json.jobId)).toEqual(
			jobs.map(({ id }) => id).filter((id) => !lost.has(id)),
		);
		expect(videos.every(({ binary }) => binary?.data?.mimeType === 'video/mp4')).toBe(true);
		const errors = itemsOf(done, 'Video', 1).map(({ json }) => json.details as { jobId: string });
		expect(errors.map(({ jobId }) => jobId)).toEqual([...lost]);
		expect(story.jobs).toHaveLength(50);
	});

	it('with Execute Once the one item that runs sleeps and wakes like any other', async () => {
		const story = await Story.asleep('once', 'Only the first', 3, 1);
		await story.finishAll();
		await story.callAll();
		const done = await n8n.rest.untilExecution(story.id);
		expect(done.status).toBe('success');
		const items = itemsOf(done, 'After');
		expect(items.map(({ json }) => json.jobId)).toEqual(story.jobs.map(({ id }) => id));
		expect(items[0]?.binary?.data?.mimeType).toBe('video/mp4');
	});

	it('calls that should not be do no harm: forged, foreign, unsigned, repeated, late', async () => {
		const story = await Story.asleep('sleep', 'Forged', 2);
		const [first, second] = story.jobs as [SimulatedJob, SimulatedJob];
		const address = first.callbackUrl as string;
		const forged = { id: Number(first.id), status: 'success', output: ['https://evil.test/a.mp4'] };
		expect(await post(address, forged)).toBe(200);
		expect(await post(address, { id: 1, status: 'success' })).toBe(200);
		const unsigned = new URL(address);
		unsigned.searchParams.set('signature', 'f'.repeat(64));
		expect(await post(unsigned.toString(), forged)).toBe(401);
		const otherNode = new URL(address);
		otherNode.pathname = otherNode.pathname.replace(/\/[^/]+$/, '');
		expect(await post(otherNode.toString(), forged)).toBe(404);
		expect((await n8n.rest.execution(story.id)).status).toBe('waiting');

		await sim.finish(first.id);
		await sim.callback(first.id);
		await sim.finish(second.id);
		await sim.callback(second.id);
		await story.expectVideos();
		await sim.callback(second.id);
		await story.expectVideos();
	});
});

describe('a slow download', { timeout: 420_000 }, () => {
	it('calls during the slow download of another item are answered, and change nothing', async () => {
		const story = await Story.asleep('sleep', 'Called while it downloads', 3);
		sim.faults.next('file', { kind: 'slow', ms: 8_000 });
		await story.finishAll();
		await story.callAll();
		await until(30_000, 'the download to start', async () =>
			sim.faults.pending === 0 ? true : undefined,
		);
		expect((await n8n.rest.execution(story.id)).status).toBe('running');
		await story.callAll();
		await story.expectVideos();
		await story.callAll();
		await story.expectVideos();
	});
});

describe('a restart', { timeout: 420_000 }, () => {
	it.each([
		['SIGKILL', async () => await n8n.killAndRestart()],
		['SIGTERM', async () => await n8n.stopAndRestart()],
	])('(%s) while the run sleeps loses nothing', async (signal, restart) => {
		const story = await Story.asleep('sleep', `Restart ${signal}`, 3);
		await restart();
		await story.finishAll();
		await story.callAll();
		await story.expectVideos();
	});

	it('while the woken run downloads loses nothing: Retry takes the paid videos', async () => {
		const story = await Story.asleep('sleep', 'Restart in the download', 3);
		sim.faults.next('file', { kind: 'slow', ms: 60_000 }, { times: 3 });
		await story.finishAll();
		await story.callAll();
		await until(20_000, 'the download to start', async () =>
			sim.faults.pending === 0 ? true : undefined,
		);
		await n8n.killAndRestart();
		const crashed = await n8n.rest.untilExecution(story.id, new Set(['crashed', 'error'] as const));
		await story.expectVideos(await n8n.rest.retry(crashed.id, false));
	});

	it('that covers the time to wake and the callbacks finds the videos all the same', async () => {
		const [silent, called] = await Promise.all([
			Story.asleep('silent', 'Down all the time', 2),
			Story.asleep('sleep', 'Lost call while n8n is down', 2),
		]);
		await n8n.kill();
		for (const story of [silent, called]) await story.finishAll();
		// Nobody is there to hear it, and no call comes twice.
		await called.callAll();
		const leftMs = Math.max(silent.asleepUntilMs, called.asleepUntilMs) - Date.now();
		await new Promise((done) => setTimeout(done, leftMs + 1_000));
		await n8n.start();
		for (const story of [silent, called]) await story.expectVideos();
	});
});
