/** The calls that wake a sleeping run, and those that do not. In a workflow of n8n's: `sleep.test.ts`. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { wakeWebhooks } from '../../nodes/TextToVideo/sleep/wake';
import { answerOf, machineInMemory, type Machine } from '../support/machineInMemory';
import { callNode, executionOf, runNode, type Execution } from '../support/sleepingRun';

const NOW_MS = Date.UTC(2026, 0, 1);
const FAR = { eta_seconds: 3_600 };

let machine: Machine;
let executions = 0;
beforeEach(() => {
	vi.useFakeTimers({ now: NOW_MS });
	machine = machineInMemory('queued', FAR);
});
afterEach(() => vi.useRealTimers());

async function asleep(...prompts: string[]): Promise<Execution> {
	executions += 1;
	const execution = executionOf({
		items: prompts.map((prompt) => ({ json: { prompt } })),
		executionId: `woken-${executions}`,
		http: (options) => machine.http(options),
		parameters: {
			...{
				provider: 'localGpu',
				downloadVideo: false,
				additionalFields: {},
				whenSubmitted: 'suspend',
			},
			prompt: (item: number) => prompts[item],
		},
	});
	await runNode(execution);
	expect(execution.wakesAtMs).toHaveLength(1);
	return execution;
}
const ids = () => machine.jobs.map(({ id }) => id);
const finish = (id: string) => (machine.jobs.find((job) => job.id === id)!.status = 'completed');
/** What the machine posts. */
const about = (id: string | undefined, type = 'completed') => ({
	type: `video.${type}`,
	data: { id, object: 'video', status: type },
});
const storedOf = ({ options }: Execution) =>
	options.stored as {
		jobs: Record<string, { job?: { jobId: string; status: string } }>;
		sleep: { told?: string[]; executionId?: string };
	};

it('comes to an address of the node’s own, that goes with the execution', () => {
	expect(wakeWebhooks).toMatchObject([
		{
			httpMethod: 'POST',
			responseMode: 'onReceived',
			path: '={{ $nodeId }}',
			restartWebhook: true,
		},
	]);
});

describe('a call about the last job', () => {
	it('runs the node again, on the items that it had, knowing what was said', async () => {
		const execution = await asleep('A boat', 'A kite');
		const [boat, kite] = ids() as [string, string];
		finish(boat);
		expect(await callNode(execution, about(boat))).toMatchObject({
			status: 200,
			body: { received: true, pending: 1 },
		});
		finish(kite);
		const { resumed } = await callNode(execution, about(kite));
		expect(resumed).toStrictEqual([execution.options.items]);
		expect(machine.count('ask')).toBe(3);
		const { jobs, sleep } = storedOf(execution);
		expect(Object.values(jobs).map(({ job }) => job?.jobId)).toStrictEqual([boat, kite]);
		expect(Object.values(jobs).map(({ job }) => job?.status)).toStrictEqual([
			'succeeded',
			'succeeded',
		]);
		expect(sleep).not.toHaveProperty('told');
		expect(sleep.executionId).toBe(execution.options.executionId);
		const [entry] = execution.data.executionData!.nodeExecutionStack;
		expect(entry?.node).not.toHaveProperty('disabled');
		const { given } = await runNode(execution);
		expect(given.map((item) => item?.json.finished)).toStrictEqual([true, true]);
		expect(machine.count('ask')).toBe(3);
	});

	it('that comes twice wakes once, and so does one for ten seconds after', async () => {
		const execution = await asleep('A boat');
		const [boat] = ids() as [string];
		finish(boat);
		const both = await Promise.all([
			callNode(execution, about(boat)),
			callNode(execution, about(boat)),
		]);
		expect(both.map(({ resumed }) => Boolean(resumed))).toStrictEqual([true, false]);
		vi.setSystemTime(NOW_MS + 9_999);
		expect(await callNode(execution, about(boat))).toMatchObject({
			status: 200,
			body: { received: true, pending: 0 },
		});
		vi.setSystemTime(NOW_MS + 10_000);
		expect((await callNode(execution, about(boat))).resumed).toBeDefined();
	});

	it('that failed wakes too', async () => {
		const execution = await asleep('A boat');
		const [boat] = ids() as [string];
		machine.jobs[0]!.status = 'failed';
		expect((await callNode(execution, about(boat, 'failed'))).resumed).toBeDefined();
	});

	it('is new where the run has slept again since', async () => {
		const execution = await asleep('A boat');
		const [boat] = ids() as [string];
		// Told too early: the run goes on, finds the job still open and sleeps again.
		expect((await callNode(execution, about(boat))).resumed).toBeDefined();
		vi.setSystemTime(NOW_MS + 5_000);
		machine.jobs[0]!.more = FAR;
		storedOf(execution).sleep.told = [];
		await runNode(execution).catch(() => undefined);
		finish(boat);
		expect((await callNode(execution, about(boat))).resumed).toBeDefined();
	});
});

describe('a call that says nothing of the end', () => {
	it.each<[string, (id: string) => unknown]>([
		['progress', (id) => about(id, 'in_progress')],
		['another execution’s job', () => about('video_99')],
		['nonsense', () => ({ hello: 1 })],
		['nothing', () => undefined],
	])('leaves the run asleep: %s', async (_what, body) => {
		const execution = await asleep('A boat');
		const called = await callNode(execution, body(ids()[0]!));
		expect(called).toMatchObject({ status: 200, body: { received: true, pending: 1 } });
		expect(called.resumed).toBeUndefined();
		expect(storedOf(execution).sleep).not.toHaveProperty('told');
	});

	it('asks for each open job at most once a minute', async () => {
		const execution = await asleep('A boat', 'A kite');
		const at = async (ms: number, body: unknown = {}) => {
			vi.setSystemTime(NOW_MS + ms);
			await callNode(execution, body);
			return machine.count('ask');
		};
		expect(await at(0)).toBe(2);
		expect(await at(59_999)).toBe(2);
		expect(await at(60_000)).toBe(4);
		// But for the one that it is about.
		expect(await at(60_001, about(ids()[1], 'in_progress'))).toBe(5);
	});

	it('does not ask again for what is known to be over', async () => {
		const execution = await asleep('A boat', 'A kite');
		finish(ids()[0]!);
		await callNode(execution, about(ids()[0]));
		vi.setSystemTime(NOW_MS + 3_600_000);
		await callNode(execution, about(ids()[0]));
		expect(machine.asked.filter(({ options }) => options.url.endsWith(ids()[0]!))).toHaveLength(1);
	});
});

describe('a call that comes before the provider shows the end', () => {
	it('wakes the run, once for each job', async () => {
		const execution = await asleep('A boat');
		const [boat] = ids() as [string];
		const first = await callNode(execution, about(boat));
		expect(first.resumed).toBeDefined();
		expect(storedOf(execution).sleep.told).toStrictEqual([boat]);
		vi.setSystemTime(NOW_MS + 60_000);
		const again = await callNode(execution, about(boat));
		expect(again).toMatchObject({ status: 200, body: { received: true, pending: 1 } });
		expect(again.resumed).toBeUndefined();
	});

	it('wakes the run only when every open job was told of', async () => {
		const execution = await asleep('A boat', 'A kite', 'A train');
		const [boat, kite, train] = ids() as [string, string, string];
		finish(boat);
		expect((await callNode(execution, about(boat))).resumed).toBeUndefined();
		expect((await callNode(execution, about(kite))).resumed).toBeUndefined();
		expect((await callNode(execution, about(train))).resumed).toBeDefined();
		expect(storedOf(execution).sleep.told).toStrictEqual([kite, train]);
	});

	it('is remembered: the next call asks for that job too', async () => {
		const execution = await asleep('A boat', 'A kite');
		const [boat, kite] = ids() as [string, string];
		await callNode(execution, about(boat));
		finish(boat);
		finish(kite);
		expect((await callNode(execution, about(kite))).resumed).toBeDefined();
		expect(storedOf(execution).jobs.r0i0?.job?.status).toBe('succeeded');
	});
});

describe('what was said of a run that sleeps for long', () => {
	const hour = 3_600_000;

	it('counts for an hour after the last call, and no longer', async () => {
		const execution = await asleep('A boat', 'A kite');
		const [boat, kite] = ids() as [string, string];
		const at = async (ms: number, body: unknown) => {
			vi.setSystemTime(NOW_MS + ms);
			return (await callNode(execution, body)).resumed !== undefined;
		};
		await at(0, about(boat));
		await at(hour, {});
		expect(await at(2 * hour, about(kite))).toBe(true);

		const other = await asleep('A boat', 'A kite');
		const [lamp, train] = ids().slice(-2) as [string, string];
		const later = async (ms: number, body: unknown) => {
			vi.setSystemTime(NOW_MS + 9 * hour + ms);
			return (await callNode(other, body)).resumed !== undefined;
		};
		await later(0, about(lamp));
		expect(await later(hour + 1, about(train))).toBe(false);
	});
});

describe('a call that can not be answered', () => {
	const later = { status: 503, body: { received: false, retry: true }, isAnswered: true };

	it('about a job that can not be asked for is to come again', async () => {
		const execution = await asleep('A boat');
		const [boat] = ids() as [string];
		finish(boat);
		machine.next('ask', answerOf(503));
		expect(await callNode(execution, about(boat))).toMatchObject(later);
		expect((await callNode(execution, about(boat))).resumed).toBeDefined();
	});

	it('is none where another job can not be asked for', async () => {
		const execution = await asleep('A boat', 'A kite');
		machine.next('ask', answerOf(503));
		expect(await callNode(execution, about(ids()[1], 'in_progress'))).toMatchObject({
			status: 200,
			body: { pending: 2 },
		});
	});

	it.each<[string, (execution: Execution) => void, string]>([
		[
			'nothing sleeps',
			(execution) => delete (execution.options.stored as { sleep?: object }).sleep,
			'the run does not sleep',
		],
		[
			'the provider is not known',
			(execution) => (execution.options.parameters = { provider: 'nobody' }),
			'nobody',
		],
	])('is to come again, and is logged, where %s', async (_where, spoil, words) => {
		const execution = await asleep('A boat');
		spoil(execution);
		const called = await callNode(execution, about(ids()[0]));
		expect(called).toMatchObject(later);
		expect(called.logged).toHaveLength(1);
		expect(called.logged[0]?.[0]).toBe('warn');
		expect(called.logged[0]?.[1]).toContain('A callback could not be handled: ');
		expect(called.logged[0]?.[1]).toContain(words);
		// The next one has its turn.
		expect((await callNode(execution, about(ids()[0]))).status).toBe(503);
	});
});

describe('a run that 0.1.0 put to sleep', () => {
	it('goes on with the items that it kept', async () => {
		const execution = await asleep('A boat');
		const items = [{ json: { prompt: 'As it was' } }];
		Object.assign(storedOf(execution).sleep, { items });
		delete storedOf(execution).sleep.executionId;
		finish(ids()[0]!);
		expect((await callNode(execution, about(ids()[0]))).resumed).toStrictEqual([items]);
		// Without it the node would take the waking for another execution's retry.
		expect(storedOf(execution).sleep.executionId).toBe(execution.options.executionId);
	});
});
