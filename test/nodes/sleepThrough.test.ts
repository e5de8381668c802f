/** A run that sleeps until its jobs are over, waking by waking. In a workflow of n8n's: `sleep.test.ts`. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { canSleep, callbackUrlOf } from '../../nodes/TextToVideo/sleep/sleep';
import { hookContext, type HookContextOptions } from '../support/hookContext';
import { answerOf, machineInMemory, type Machine } from '../support/machineInMemory';
import { executionOf, runNode, type Execution } from '../support/sleepingRun';

const NOW_MS = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const FAR = { eta_seconds: 3_600 };

let machine: Machine;
let executions = 0;
beforeEach(() => {
	vi.useFakeTimers({ now: NOW_MS });
	vi.spyOn(Math, 'random').mockReturnValue(0);
	machine = machineInMemory('queued', FAR);
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

interface Sleeping extends HookContextOptions {
	prompts?: string[];
}

function start({ prompts = ['A boat'], parameters = {}, ...more }: Sleeping = {}): Execution {
	executions += 1;
	return executionOf({
		items: prompts.map((prompt) => ({ json: { prompt } })),
		executionId: `sleeping-${executions}`,
		http: (options) => machine.http(options),
		...more,
		parameters: {
			...{
				provider: 'localGpu',
				downloadVideo: false,
				additionalFields: {},
				whenSubmitted: 'suspend',
			},
			prompt: (item: number) => prompts[item],
			...parameters,
		},
	});
}
const submits = () => machine.jobs.length;
/** Where the last job is to be reported to, as it was sent. */
function reportedTo(): string | undefined {
	const { body } = machine.asked.filter(({ call }) => call === 'submit').at(-1)!.options;
	return (body as { webhook?: { url: string } }).webhook?.url;
}
async function done<T>(work: Promise<T>): Promise<T> {
	let isOver = false;
	void work.finally(() => (isOver = true)).catch(() => undefined);
	for (let turns = 0; !isOver && turns < 2_000; turns += 1)
		await vi.advanceTimersByTimeAsync(1_000);
	return await work;
}
const wakeAfter = async (execution: Execution, minutes: number) => {
	vi.setSystemTime(Date.now() + minutes * MINUTE_MS);
	return await done(runNode(execution));
};

describe('falling asleep', () => {
	it('gives the jobs as they stand, and is to wake when it makes sense', async () => {
		const execution = start({ prompts: ['A boat', 'A kite'] });
		const { given } = await runNode(execution);
		expect(given.map((item) => item?.json)).toMatchObject([
			{ jobId: 'video_1', finished: false, nextPollSeconds: expect.any(Number) as number },
			{ jobId: 'video_2', finished: false, nextPollSeconds: expect.any(Number) as number },
		]);
		expect(execution.wakesAtMs).toStrictEqual([NOW_MS + 300_000]);
		const { data, options } = execution;
		expect(data.waitTill).toStrictEqual(new Date(NOW_MS + 300_000));
		// n8n goes on past a node that slept where the stored text says so.
		expect(JSON.stringify(data)).not.toContain('waitTill');
		expect(options.stored).toMatchObject({
			sleep: {
				executionId: options.executionId,
				runIndex: 0,
				untilMs: NOW_MS + 60 * MINUTE_MS,
				wakeAtMs: NOW_MS + 300_000,
			},
		});
		expect(options.stored).not.toHaveProperty('sleep.failures');
	});

	it('keeps to the run that it is', async () => {
		const execution = start({ runIndex: 2 });
		const { context } = await runNode(execution);
		expect(context.getExecuteData().runIndex).toBe(2);
		expect(execution.options.stored).toMatchObject({ jobs: { r2i0: {} }, sleep: { runIndex: 2 } });
	});

	it('may be done again and again: n8n’s own member can be set anew', async () => {
		const execution = start();
		await runNode(execution);
		await wakeAfter(execution, 5);
		expect(execution.wakesAtMs).toHaveLength(2);
		expect(() => Object.assign(execution.data, { waitTill: undefined })).not.toThrow();
		expect(() => delete (execution.data as { waitTill?: Date }).waitTill).not.toThrow();
	});

	it('puts the address of the execution and the node into every request', async () => {
		const execution = start();
		await runNode(execution);
		expect(reportedTo()).toBe(
			`http://127.0.0.1:5678/webhook-waiting/7/node0?signature=${execution.options.executionId}`,
		);
	});

	it('puts no address where the person gave one', async () => {
		const additionalFields = { webhook_url: 'https://acme.test/hook' };
		await runNode(start({ parameters: { additionalFields } }));
		expect(reportedTo()).toBe('https://acme.test/hook');
	});

	it.each(['', ' ', null])('takes %j for no address of the person’s own', async (webhook_url) => {
		await runNode(start({ parameters: { additionalFields: { webhook_url } } }));
		expect(reportedTo()).toContain('/node0?signature=');
	});

	it('is for a wait of two minutes and more', async () => {
		const two = start({ parameters: { options: { waitAtMost: 2 } } });
		await runNode(two);
		expect(two.wakesAtMs).toHaveLength(1);
		const less = start({ parameters: { options: { waitAtMost: 1.9 } } });
		await done(runNode(less));
		expect(less.wakesAtMs).toHaveLength(0);
		expect(Date.now() - NOW_MS).toBeLessThan(3 * MINUTE_MS);
		expect(reportedTo()).toBeUndefined();
	});

	it('is not for a workflow that was never saved, nor for an n8n that gives no token', async () => {
		const context = hookContext();
		Object.assign(context, { runExecutionData: { resumeToken: 'token' } });
		expect(canSleep(context)).toBe(true);
		Object.assign(context, { runExecutionData: {} });
		expect(canSleep(context)).toBe(false);
		const unsaved = hookContext({ workflow: { id: '' } });
		Object.assign(unsaved, { runExecutionData: { resumeToken: 'token' } });
		expect(canSleep(unsaved)).toBe(false);
		expect(canSleep(hookContext())).toBe(false);
	});

	it.each([
		['http://n8n/webhook-waiting/7', 'http://n8n/webhook-waiting/7/node0'],
		[
			'http://n8n/webhook-waiting/7//?signature=a',
			'http://n8n/webhook-waiting/7/node0?signature=a',
		],
	])('reports to %s as %s', (evaluated, url) => {
		expect(callbackUrlOf(hookContext({ evaluated }))).toBe(url);
	});

	it('does not happen where an item stops the node', async () => {
		machine.next('submit', answerOf(402, { error: { message: 'Add credit.' } }));
		const execution = start({ prompts: ['A boat', 'A kite'] });
		const { errors, given } = await runNode(execution);
		expect(execution.wakesAtMs).toStrictEqual([]);
		expect(execution.options.stored).not.toHaveProperty('sleep');
		expect(errors[0]?.description).toContain('item 2: job video_1 (queued)');
		expect(given[1]?.json).toMatchObject({ jobId: 'video_1', finished: false });
	});
});

describe('how long it sleeps', () => {
	const seconds = async (run: Sleeping, executionId?: string) => {
		machine = machineInMemory('queued', { eta_seconds: 100 });
		const execution = start(run);
		await runNode(execution);
		const { options } = execution;
		const again = { ...execution, options: { ...options, executionId: executionId ?? '' } };
		if (executionId) await runNode(again);
		return (execution.wakesAtMs.at(-1)! - Date.now()) / 1000;
	};

	it('is two minutes at least where the provider calls this execution', async () => {
		expect(await seconds({})).toBe(120);
	});

	it('goes by the schedule where it calls somebody else, or another execution', async () => {
		const additionalFields = { webhook_url: 'https://acme.test/hook' };
		expect(await seconds({ parameters: { additionalFields } })).toBe(85);
		expect(await seconds({}, 'a retry')).toBe(85);
	});
});

describe('an item that can not be read', () => {
	const spoiled = (execution: Execution) => {
		const { prompt } = execution.options.parameters as { prompt: (item: number) => string };
		execution.options.parameters = {
			...execution.options.parameters,
			prompt(item: number) {
				if (item === 1) throw new Error('No such node');
				return prompt(item);
			},
		};
		return execution;
	};

	it('is not waited for where the workflow goes on', async () => {
		const execution = spoiled(start({ prompts: ['A boat', 'A kite', 'A train'], goesOn: true }));
		const { given } = await done(runNode(execution, [1]));
		expect(given.map((item) => item?.json.jobId)).toStrictEqual(['video_1', undefined, 'video_2']);
		expect(execution.wakesAtMs).toHaveLength(1);
	});

	it('after a sleep keeps nobody waiting, and puts nothing to sleep: n8n fails the node', async () => {
		const execution = start({ prompts: ['A boat', 'A kite'] });
		await runNode(execution);
		const { given } = await done(runNode(spoiled(execution), [1]));
		expect(given[0]?.json).toMatchObject({ jobId: 'video_1', finished: false });
		expect(execution.wakesAtMs).toHaveLength(1);
	});
});

it('a field that reads as wrong by now does not keep a woken run from its videos', async () => {
	const execution = start();
	await runNode(execution);
	execution.options.parameters = { ...execution.options.parameters, prompt: '' };
	machine.jobs[0]!.status = 'completed';
	const { given } = await wakeAfter(execution, 5);
	expect(given[0]?.json).toMatchObject({ jobId: 'video_1', finished: true });
});

describe('what the provider publishes of its times', () => {
	const sleeps = async (p50: number, p99: number, status = 'queued') => {
		const model = 'pixverse/v5/text-to-video';
		const metrics = { duration_ms: { p50: p50 * 1000, p99: p99 * 1000 } };
		const urls: string[] = [];
		const execution = start({
			parameters: { provider: 'aimlapiPixverse', model },
			credentials: {
				textToVideoAimlApi: { apiKey: 'the-key', baseUrl: `https://times-${executions}.test` },
			},
			http: ({ method, url, qs }) => {
				if (method === 'POST') return answerOf(200, { id: 'gen-1', status })();
				urls.push(`${url}?${new URLSearchParams(qs as never).toString()}`);
				return answerOf(200, { models: [{ alias: model, metrics }], data: [] })();
			},
		});
		await done(runNode(execution, [], { baseURL: `https://times-${executions}.test` }));
		return { seconds: (execution.wakesAtMs[0] ?? NaN) / 1000 - NOW_MS / 1000, urls };
	};

	it('decides when it wakes', async () => {
		const slow = await sleeps(280, 320);
		const faster = await sleeps(130, 160);
		expect(slow.seconds).toBeGreaterThan(faster.seconds + 30);
	});
});

describe('the files of runs that wake together', () => {
	/** How many are stored at a time, of three runs of four items. */
	async function atATime(woken: boolean): Promise<number> {
		let open: () => void = () => undefined;
		const opened = new Promise<void>((resolve) => (open = resolve));
		let stored = 0;
		const store = async () => {
			stored += 1;
			await opened;
		};
		const prompts = ['A', 'B', 'C', 'D'];
		const runs = [1, 2, 3].map(() =>
			start({ prompts, store, parameters: { downloadVideo: true } }),
		);
		if (!woken) machine = machineInMemory('completed');
		else for (const execution of runs) await runNode(execution);
		for (const job of machine.jobs) job.status = 'completed';
		const running = runs.map(async (execution) => await runNode(execution));
		await vi.advanceTimersByTimeAsync(5_000);
		const most = stored;
		open();
		await done(Promise.all(running));
		expect(stored).toBe(12);
		return most;
	}

	it('are eight at a time; those of a run that never slept keep to its own Parallel Jobs', async () => {
		expect(await atATime(true)).toBe(8);
		expect(await atATime(false)).toBe(12);
	});
});

describe('waking by the clock', () => {
	it('asks once for each open job and sleeps on, until the time is over', async () => {
		const execution = start({
			prompts: ['A boat', 'A kite'],
			parameters: { options: { waitAtMost: 12 } },
		});
		await runNode(execution);
		for (const minutes of [5, 5]) await wakeAfter(execution, minutes);
		expect(machine.count('ask')).toBe(4);
		expect(execution.wakesAtMs.map((at) => (at - NOW_MS) / MINUTE_MS)).toStrictEqual([5, 10, 12]);
		const { given } = await wakeAfter(execution, 2);
		expect(given.map((item) => item?.json.finished)).toStrictEqual([false, false]);
		expect(execution.wakesAtMs).toHaveLength(3);
		expect(execution.options.stored).not.toHaveProperty('sleep');
		expect(submits()).toBe(2);
	});

	it('shows nothing of what an earlier waking gave', async () => {
		const execution = start();
		await runNode(execution);
		await wakeAfter(execution, 5);
		expect(execution.data.resultData.runData.Video).toHaveLength(1);
		machine.jobs[0]!.status = 'completed';
		await wakeAfter(execution, 5);
		expect(execution.data.resultData.runData.Video).toHaveLength(1);
	});

	it('gives the videos when all are over, and learns how long they took', async () => {
		const execution = start({ prompts: ['A boat', 'A kite'] });
		await runNode(execution);
		await wakeAfter(execution, 5);
		for (const job of machine.jobs) job.status = 'completed';
		const { given, context } = await wakeAfter(execution, 5);
		expect(given.map((item) => item?.json)).toMatchObject([
			{ jobId: 'video_1', status: 'succeeded', finished: true },
			{ jobId: 'video_2', status: 'succeeded', finished: true },
		]);
		expect(String(context.staticData.durations)).toContain('"seconds":[');
	});

	it('learns nothing of what was over at the first waking: it may have been so all the time', async () => {
		const execution = start();
		await runNode(execution);
		machine.jobs[0]!.status = 'completed';
		const { context } = await wakeAfter(execution, 5);
		expect(context.staticData).not.toHaveProperty('durations');
	});

	it('asks no more for what is over, and sleeps on for the others', async () => {
		const execution = start({ prompts: ['A boat', 'A kite'] });
		await runNode(execution);
		machine.jobs[0]!.status = 'completed';
		await wakeAfter(execution, 5);
		await wakeAfter(execution, 5);
		const asked = machine.asked
			.filter(({ call }) => call === 'ask')
			.map(({ options }) => options.url);
		expect(asked.map((url) => url.split('/').at(-1))).toStrictEqual([
			'video_1',
			'video_2',
			'video_2',
		]);
	});

	it('submits nothing, whatever was changed meanwhile', async () => {
		const execution = start({ goesOn: true, prompts: ['A boat', ''] });
		const first = await runNode(execution);
		expect(first.given[1]?.json).not.toHaveProperty('error');
		expect(first.given[1]?.json).toMatchObject({ details: { accepted: 'no' } });
		execution.options.parameters = { ...execution.options.parameters, prompt: 'A lamp' };
		machine.jobs[0]!.status = 'completed';
		const { given } = await wakeAfter(execution, 5);
		expect(submits()).toBe(1);
		expect(given[0]?.json).toMatchObject({ jobId: 'video_1', finished: true });
		expect(given[1]?.json).toMatchObject({
			error: expect.stringContaining('not submitted before the run fell asleep') as string,
		});
	});

	it('stops the node for a job that failed, and tells an item of it where the workflow goes on', async () => {
		for (const goesOn of [false, true]) {
			const parameters = { downloadVideo: true };
			const execution = start({ prompts: ['A boat', 'A kite'], goesOn, parameters });
			await runNode(execution);
			const [failed, other] = machine.jobs.slice(-2);
			failed!.status = 'failed';
			other!.status = 'completed';
			const { errors, given } = await wakeAfter(execution, 5);
			expect(Boolean(errors[0])).toBe(!goesOn);
			// Where the node fails, the other's file would be for nothing.
			expect(machine.count('file')).toBe(goesOn ? 1 : 0);
			expect(given[1]?.json).toMatchObject({ jobId: other?.id, finished: true });
			expect(execution.wakesAtMs).toHaveLength(1);
		}
	});
});

describe('what is known of the others', () => {
	it('stands in the error of one that failed, also of a job that a call told of', async () => {
		const execution = start({ prompts: ['A boat', 'A kite'] });
		await runNode(execution);
		const stored = execution.options.stored as { jobs: { r0i1: { job: { status: string } } } };
		stored.jobs.r0i1.job.status = 'succeeded';
		machine.jobs[0]!.status = 'failed';
		const { errors } = await wakeAfter(execution, 5);
		expect(errors[0]?.description).toContain('item 2: job video_2 (succeeded)');
	});

	it('is what 0.1.0 kept of an item that was complete', async () => {
		const execution = start({ prompts: ['A boat', 'A kite'] });
		await runNode(execution);
		const complete = { json: { jobId: 'video_1', kept: true }, pairedItem: { item: 0 } };
		const { sleep } = execution.options.stored as { sleep: object };
		Object.assign(sleep, { done: { 0: complete }, items: [{ json: { prompt: 'A boat' } }] });
		await wakeAfter(execution, 5);
		// Needed until the end.
		expect(execution.options.stored).toMatchObject({
			sleep: { done: { 0: complete }, items: [{}] },
		});
		machine.jobs[1]!.status = 'completed';
		const { given } = await wakeAfter(execution, 5);
		expect(given[0]).toStrictEqual(complete);
		expect(given[1]?.json).toMatchObject({ jobId: 'video_2', finished: true });
		expect(
			machine.asked.filter(
				({ call, options }) => call === 'ask' && options.url.endsWith('video_1'),
			),
		).toStrictEqual([]);
	});
});

describe('a service that can not be asked', () => {
	it('is asked on until the time is over, ever more rarely', async () => {
		const execution = start();
		await runNode(execution);
		for (let wakes = 1; wakes <= 10; wakes += 1) {
			machine.next('ask', answerOf(503));
			await wakeAfter(execution, 5);
			expect(execution.options.stored).toMatchObject({ sleep: { failures: { video_1: wakes } } });
		}
		machine.next('ask', answerOf(503));
		const { given } = await wakeAfter(execution, 15);
		expect(given[0]?.json).toMatchObject({
			finished: false,
			warnings: [expect.stringContaining('could not be asked any more')],
		});
	});

	it('is left in peace for longer, where its jobs would be asked for soon', async () => {
		machine = machineInMemory('queued', { eta_seconds: 100 });
		const execution = start();
		await runNode(execution);
		for (let wakes = 0; wakes < 8; wakes += 1) {
			machine.next('ask', answerOf(503));
			await wakeAfter(execution, 5);
		}
		expect(execution.wakesAtMs.at(-1)! - Date.now()).toBeGreaterThan(240_000);
	});

	it('is forgiven when it answers again', async () => {
		const execution = start();
		await runNode(execution);
		machine.next('ask', answerOf(503));
		await wakeAfter(execution, 5);
		await wakeAfter(execution, 5);
		expect(execution.options.stored).not.toHaveProperty('sleep.failures');
	});

	it('is given up on where it refuses, with the job', async () => {
		const execution = start();
		await runNode(execution);
		machine.next('ask', answerOf(401, { error: { message: 'Bad key.' } }));
		const { errors } = await wakeAfter(execution, 5);
		expect(errors[0]?.message).toContain('job video_1 (HTTP 401)');
	});

	it('may not know the job yet', async () => {
		const execution = start();
		await runNode(execution);
		machine.next('ask', answerOf(404));
		await wakeAfter(execution, 0.9);
		expect(execution.wakesAtMs).toHaveLength(2);
		machine.next('ask', answerOf(404));
		const { errors } = await wakeAfter(execution, 5);
		expect(errors[0]?.message).toContain('video_1');
	});
});

describe('a job that is nearly done', () => {
	it('is waited for awake, for a minute, and then asleep', async () => {
		const execution = start();
		await runNode(execution);
		machine.jobs[0]!.more = { eta_seconds: 20 };
		const running = runNode(execution);
		await vi.advanceTimersByTimeAsync(30_000);
		machine.jobs[0]!.status = 'completed';
		const { given } = await done(running);
		expect(given[0]?.json).toMatchObject({ finished: true });
		expect(execution.wakesAtMs).toHaveLength(1);

		const longer = start();
		await runNode(longer);
		machine.jobs[1]!.more = { eta_seconds: 20 };
		const beganMs = Date.now();
		const waiting = runNode(longer);
		await vi.advanceTimersByTimeAsync(50_000);
		// It promises once more to be done soon; awake is waited once.
		machine.jobs[1]!.more = { eta_seconds: 33 };
		await done(waiting);
		expect(longer.wakesAtMs).toHaveLength(2);
		// A minute awake, and the two minutes that a run sleeps which is called back.
		expect(longer.wakesAtMs[1]! - beganMs).toBe(61_000 + 120_000);
	});

	it('keeps an item that failed as it is', async () => {
		machine = machineInMemory('queued', { eta_seconds: 20 });
		machine.next('submit', answerOf(402, { error: { message: 'Add credit.' } }));
		const execution = start({ prompts: ['A boat', 'A kite'], goesOn: true });
		const running = runNode(execution);
		await vi.advanceTimersByTimeAsync(15_000);
		machine.jobs[0]!.status = 'completed';
		const { given } = await done(running);
		expect(given[0]?.json.message).toContain('Add credit.');
		expect(given[1]?.json).toMatchObject({ jobId: 'video_1', finished: true });
		expect(execution.wakesAtMs).toStrictEqual([]);
	});

	it('that fails awake is told', async () => {
		const execution = start();
		await runNode(execution);
		machine.jobs[0]!.more = { eta_seconds: 20 };
		const running = runNode(execution);
		await vi.advanceTimersByTimeAsync(5_000);
		machine.next('ask', answerOf(401, { error: { message: 'Bad key.' } }));
		const { errors } = await done(running);
		expect(errors[0]?.message).toContain('job video_1 (HTTP 401)');
	});
});

describe('Stop', () => {
	it('while awake cancels the jobs, and nothing sleeps', async () => {
		const stop = new AbortController();
		const execution = start({ signal: stop.signal });
		await runNode(execution);
		machine.jobs[0]!.more = { eta_seconds: 20 };
		const running = runNode(execution);
		await vi.advanceTimersByTimeAsync(5_000);
		stop.abort();
		const { errors } = await done(running);
		expect(errors[0]?.message).toContain('Job video_1 is being cancelled.');
		expect(Date.now() - NOW_MS).toBeLessThan(8_000);
		expect(execution.wakesAtMs).toHaveLength(1);
	});

	it('while the submit is on its way cancels the job that comes of it', async () => {
		const stop = new AbortController();
		machine.next('submit', () => {
			stop.abort();
			return machine.http({ method: 'POST', url: '/v1/videos', body: {} });
		});
		const execution = start({ signal: stop.signal });
		const { errors } = await done(runNode(execution));
		expect(errors[0]?.message).toContain('Job video_1 is being cancelled.');
		expect(machine.jobs).toMatchObject([{ status: 'cancelled' }]);
		expect(execution.wakesAtMs).toStrictEqual([]);
	});

	it('while the provider is asked for its times puts nothing to sleep', async () => {
		const stop = new AbortController();
		const execution = start({
			signal: stop.signal,
			parameters: { provider: 'aimlapiPixverse', model: 'pixverse/v5/text-to-video' },
			credentials: { textToVideoAimlApi: { apiKey: 'the-key' } },
			http: ({ method }) => {
				if (method === 'POST') return answerOf(200, { id: 'gen-1', status: 'queued' })();
				stop.abort();
				return answerOf(200, { models: [] })();
			},
		});
		await done(runNode(execution, [], { baseURL: 'https://stopped.test' }));
		expect(execution.wakesAtMs).toStrictEqual([]);
		expect(execution.options.stored).not.toHaveProperty('sleep');
	});

	it('before anything was sent puts nothing to sleep', async () => {
		const execution = start({ signal: AbortSignal.abort() });
		await runNode(execution);
		expect(execution.wakesAtMs).toStrictEqual([]);
		expect(submits()).toBe(0);
	});
});

describe('Retry of a run that was stopped while it slept', () => {
	it('is a try like any other: it attaches to the job and may submit', async () => {
		const execution = start({ prompts: ['A boat', 'A kite'] });
		await runNode(execution);
		const { options, ...rest } = execution;
		const stored = JSON.parse(JSON.stringify(options.stored)) as { jobs: Record<string, unknown> };
		delete stored.jobs.r0i1;
		const retried = {
			...rest,
			options: { ...options, stored, executionId: 'another' },
			wakesAtMs: [],
		};
		const { given } = await done(runNode(retried));
		expect(given[0]?.json.jobId).toBe('video_1');
		expect(retried.wakesAtMs).toHaveLength(1);
		expect(retried.options.stored).toMatchObject({ sleep: { executionId: 'another' } });
	});

	it('leaves no sleep behind where it is not to sleep any more', async () => {
		const execution = start();
		await runNode(execution);
		const { options } = execution;
		const parameters = { ...options.parameters, whenSubmitted: 'return' };
		const retried = { ...execution, options: { ...options, parameters, executionId: 'another' } };
		const { given } = await done(runNode(retried));
		expect(given[0]?.json.jobId).toBe('video_1');
		expect(options.stored).not.toHaveProperty('sleep');
	});
});
