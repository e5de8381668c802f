import { afterEach, describe, expect, it, vi } from 'vitest';
import { passUntil, startVirtualTime, stopVirtualTime, untilDone } from '../chaos/clock';
import { MOST_WAKING_DOWNLOADS } from '../../nodes/TextToVideo/sleep/wakingDownloads';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulators/simulator';
import type { WorkflowResult } from '../support/n8nCore';
import { jsons, runVideo, type VideoRun } from '../support/videoNode';

const PIXVERSE = 'pixverse/v5/text-to-video';
/** Far from done, as the provider estimates. */
const LONG_MS = 3_600_000;

let sim: Simulator;
const start = async (options: SimulatorOptions = {}) =>
	(sim = await startSimulator({ durationMs: LONG_MS, autoCallbacks: false, ...options }));
afterEach(async () => {
	stopVirtualTime();
	await sim.close();
});

const sleep = async (run: VideoRun = {}): Promise<WorkflowResult> =>
	await runVideo(sim, {
		provider: 'modelslabV6',
		...run,
		parameters: { whenSubmitted: 'suspend', ...run.parameters },
	});

/** The date alone moves on; n8n's timers are not waited for. */
const passMinutes = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000);

const jobIds = () => sim.book.jobs.map(({ id }) => id);
const THREE = ['A boat', 'A kite', 'A train'];
/** What a provider of this family posts. */
const about = (jobId: string | undefined) => ({ id: Number(jobId), status: 'success', output: [] });

describe('a sleeping run', () => {
	it('puts the address of the execution into every request, and is woken by a schedule', async () => {
		await start();
		const asleep = await sleep({ prompts: THREE });
		expect(asleep.status).toBe('waiting');
		expect(asleep.waitTillMs).toBeGreaterThan(Date.now() + 60_000);
		expect(asleep.waitTillMs).toBeLessThan(Date.now() + 306_000);
		const urls = sim.book.jobs.map(({ callbackUrl }) => new URL(callbackUrl as string));
		for (const url of urls) {
			expect(url.pathname).toMatch(/^\/webhook-waiting\/\d+\/node0$/);
			expect(url.searchParams.get('signature')).toMatch(/^[0-9a-f]{64}$/);
		}
		expect(jsons(asleep).map(({ jobId }) => jobId)).toEqual(jobIds());
	});

	it('wakes when the last of three jobs is done, with every video in its own item', async () => {
		await start();
		const asleep = await sleep({ prompts: THREE });
		for (const jobId of jobIds().slice(0, 2)) {
			await sim.finish(jobId);
			const early = await asleep.call(about(jobId));
			expect(early).toMatchObject({ status: 200, body: { received: true } });
			expect(early.resumed).toBeUndefined();
		}
		await sim.finish(jobIds()[2] as string);
		const { resumed } = await asleep.call(about(jobIds()[2]));
		expect(resumed?.status).toBe('success');
		const items = resumed?.items('Video') ?? [];
		expect(items.map(({ json }) => json.jobId)).toEqual(jobIds());
		expect(items.map(({ binary }) => binary?.data?.mimeType)).toEqual(Array(3).fill('video/mp4'));
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 1 },
			{ item: 2 },
		]);
		expect(sim.book.charges).toBe(3);
		expect(sim.book.of('file')).toHaveLength(3);
		expect(sim.book.keyLeaks).toEqual([]);
	});

	it('asks for a job that is told of once, and goes on with what was said', async () => {
		await start();
		const asleep = await sleep();
		await sim.finish(jobIds()[0] as string);
		const { resumed } = await asleep.call(about(jobIds()[0]));
		expect(resumed?.items('Video')[0]?.json).toMatchObject({ status: 'succeeded' });
		expect(sim.book.of('fetch')).toHaveLength(1);
	});

	it.each([
		['a forged success', () => about(jobIds()[0])],
		['a foreign job', () => about('987654321')],
		['nonsense', () => ({ hello: ['world'] })],
		['nothing', () => undefined],
		['text', () => 'status=success'],
	])('is not woken by %s', async (_name, body) => {
		await start();
		const asleep = await sleep();
		const call = await asleep.call(body());
		expect(call.status).toBe(200);
		expect(call.resumed).toBeUndefined();
		await sim.finish(jobIds()[0] as string);
		expect((await asleep.call(about(jobIds()[0]))).resumed?.status).toBe('success');
	});

	it('fails for the one job that failed, by its name, and downloads no other for nothing', async () => {
		await start();
		const asleep = await sleep({ prompts: THREE });
		const [boat, kite, train] = jobIds() as [string, string, string];
		await sim.finish(boat);
		await sim.fail(kite, 'No luck');
		await sim.finish(train);
		const { error, run } = await asleep.wake();
		expect(error?.message).toContain(`job ${kite}`);
		expect(error?.message).toContain('No luck');
		// What the sleep gave is not shown beside the error as if it were its output.
		expect(run.data.resultData.runData.Video).toEqual([
			expect.not.objectContaining({ data: expect.anything() as unknown }),
		]);
		expect(sim.book.of('file')).toEqual([]);
	});

	it('asks the sender to repeat the call when the provider can not be asked', async () => {
		await start();
		const asleep = await sleep();
		await sim.finish(jobIds()[0] as string);
		sim.faults.next('fetch', { kind: 'error', error: 'serverError' });
		expect(await asleep.call(about(jobIds()[0]))).toMatchObject({ status: 503 });
		expect((await asleep.call(about(jobIds()[0]))).resumed?.status).toBe('success');
	});

	it('finishes without sleeping when the provider answers with the video', async () => {
		await start({ durationMs: 0 });
		const result = await sleep();
		expect(result.status).toBe('success');
		expect(result.items('Video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	});

	it('gives the jobs at the deadline, asked for once more, and the videos that are done', async () => {
		await start();
		let run = await sleep({ prompts: THREE, parameters: { options: { waitAtMost: 20 } } });
		const firstWakeMs = run.waitTillMs as number;
		vi.setSystemTime(firstWakeMs);
		run = await run.wake();
		expect(run.status).toBe('waiting');
		await sim.finish(jobIds()[1] as string);
		expect(run.waitTillMs).toBeGreaterThan(firstWakeMs);
		passMinutes(21);
		const asked = sim.book.of('fetch').length;
		const late = await run.wake();
		expect(late.status).toBe('success');
		expect(jsons(late).map(({ jobId, status, finished }) => [jobId, status, finished])).toEqual([
			[jobIds()[0], 'processing', false],
			[jobIds()[1], 'succeeded', true],
			[jobIds()[2], 'processing', false],
		]);
		expect(sim.book.of('fetch').length - asked).toBe(3);
		expect(late.items('Video')[1]?.binary?.data).toBeDefined();
		expect(late.items('Video')[0]?.json.prompt).toBeUndefined();
		expect(sim.book.charges).toBe(3);
	});

	it('gives no file that came in as if it were a video, when the deadline comes', async () => {
		await start();
		const picture = { data: 'AAAA', mimeType: 'image/png', fileName: 'in.png' };
		const asleep = await sleep({
			items: [{ json: { prompt: 'A boat' }, binary: { data: picture } }],
			parameters: { options: { waitAtMost: 20 } },
		});
		passMinutes(21);
		const late = await asleep.wake();
		expect(jsons(late)).toMatchObject([{ jobId: jobIds()[0], finished: false }]);
		expect(late.items('Video')[0]?.binary).toBeUndefined();
	});

	it('reads the options from the true items when it goes on', async () => {
		await start();
		const asleep = await sleep({
			prompts: THREE,
			parameters: { options: { fileName: '={{ $json.prompt }}.mp4' } },
		});
		for (const id of jobIds()) await sim.finish(id);
		const { resumed } = await asleep.call(about(jobIds()[0]));
		expect(resumed?.items('Video').map(({ binary }) => binary?.data?.fileName)).toEqual([
			'A boat.mp4',
			'A kite.mp4',
			'A train.mp4',
		]);
	});
});

describe('a job of a sleeping run that fails', () => {
	async function failSecond(settings: object) {
		await start();
		const asleep = await sleep({ prompts: THREE, settings });
		const [first, second, third] = jobIds() as [string, string, string];
		await sim.finish(first);
		await sim.fail(second, 'The lights went out');
		await sim.finish(third);
		const { resumed } = await asleep.call(about(third));
		return { resumed: resumed as WorkflowResult, asleep };
	}

	it('stops the node and names every job', async () => {
		const { resumed } = await failSecond({});
		const [first, second, third] = jobIds();
		expect(resumed.status).toBe('error');
		expect(resumed.error?.message).toContain('The lights went out');
		expect(resumed.error?.message).toContain(second);
		expect(resumed.error?.description).toContain(first);
		expect(resumed.error?.description).toContain(third);
	});

	it('is submitted again by Retry, and only it', async () => {
		const { resumed } = await failSecond({});
		const again = await resumed.retry();
		expect(sim.book.jobs.map(({ request }) => request.prompt)).toEqual([...THREE, 'A kite']);
		expect(again.status).toBe('waiting');
		await sim.finish(jobIds()[3] as string);
		const { resumed: done } = await again.call(about(jobIds()[3]));
		expect(done?.items('Video').filter(({ binary }) => binary?.data)).toHaveLength(3);
		expect(sim.book.charges).toBe(4);
	});

	it('goes to the error output with its whole job, while the others keep their videos', async () => {
		const { resumed } = await failSecond({ onError: 'continueErrorOutput' });
		expect(resumed.outputs('Video')[0]).toHaveLength(2);
		expect(resumed.outputs('Video')[1]?.[0]).toMatchObject({
			json: {
				message: expect.stringContaining('The lights went out') as string,
				details: { accepted: 'yes', jobId: jobIds()[1], job: { status: 'failed' } },
			},
			pairedItem: { item: 1 },
		});
	});
});

describe('a submit of a sleeping run that fails', () => {
	it('does not put the run to sleep, and Retry attaches to what was taken', async () => {
		await start();
		sim.faults.next('submit', { kind: 'error', error: 'noCredit' });
		const failed = await sleep({ prompts: THREE });
		expect(failed.status).toBe('error');
		expect(failed.run.data.waitTill).toBeUndefined();
		expect(sim.book.charges).toBe(2);
		for (const id of jobIds()) await sim.finish(id);
		const again = await failed.retry();
		expect(again.status).toBe('waiting');
		expect(sim.book.charges).toBe(3);
		await sim.finish(jobIds()[2] as string);
		const { resumed } = await again.call(about(jobIds()[2]));
		expect(resumed?.items('Video').filter(({ binary }) => binary?.data)).toHaveLength(3);
	});

	it('is not repeated when the run wakes', async () => {
		await start();
		sim.faults.next('submit', { kind: 'error', error: 'noCredit' });
		const settings = { onError: 'continueErrorOutput', retryOnFail: false };
		const asleep = await sleep({ prompts: THREE, settings });
		expect(asleep.status).toBe('waiting');
		for (const id of jobIds()) await sim.finish(id);
		const { resumed } = await asleep.call(about(jobIds()[0]));
		expect(resumed?.outputs('Video')[0]).toHaveLength(2);
		expect(resumed?.outputs('Video')[1]?.[0]?.json).toMatchObject({ details: { accepted: 'no' } });
		expect(sim.book.of('submit')).toHaveLength(3);
	});
});

describe('woken by the schedule alone', () => {
	it('is run again as the same run until the jobs are over, and pays once', async () => {
		await start();
		let run = await sleep({ prompts: THREE });
		const size = JSON.stringify(run.stored()).length;
		for (let wakes = 0; wakes < 12; wakes += 1) {
			passMinutes(3);
			run = await run.wake();
			expect(run.status).toBe('waiting');
			const { executionData, waitTill, resultData } = run.stored();
			expect(waitTill).toBeUndefined();
			expect(executionData?.nodeExecutionStack[0]?.data.main?.[0]).toHaveLength(3);
			expect(resultData.runData.Video).toHaveLength(1);
		}
		expect(JSON.stringify(run.stored()).length).toBeLessThan(size * 1.1);
		for (const id of jobIds()) await sim.finish(id);
		passMinutes(3);
		const done = await run.wake();
		expect(done.status).toBe('success');
		expect(done.run.data.resultData.runData.Video).toHaveLength(1);
		expect(done.items('Video').map(({ json }) => json.jobId)).toEqual(jobIds());
		expect(done.items('Video').filter(({ binary }) => binary?.data)).toHaveLength(3);
		expect(sim.book.charges).toBe(3);
	});

	it.each(['aimlapiPixverse', 'stableDiffusionV5'])(
		'works for a provider that calls nobody back (%s)',
		async (provider) => {
			startVirtualTime();
			await start();
			const asleep = await untilDone(sleep({ provider }));
			expect(asleep.status).toBe('waiting');
			for (const id of jobIds()) await sim.finish(id);
			await passUntil(asleep.waitTillMs as number);
			const done = await untilDone(asleep.wake());
			expect(done.items('Video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
			expect(sim.book.charges).toBe(1);
		},
	);

	it('sleeps on while the provider can not be asked, and says so at the deadline', async () => {
		await start();
		let run = await sleep({ parameters: { options: { waitAtMost: 30 } } });
		sim.faults.next('fetch', { kind: 'error', error: 'serverError' }, { times: 99 });
		for (let wakes = 0; wakes < 10; wakes += 1) {
			run = await run.wake();
			expect(run.status).toBe('waiting');
		}
		passMinutes(31);
		const late = await run.wake();
		expect(late.status).toBe('success');
		expect(jsons(late)[0]).toMatchObject({
			jobId: jobIds()[0],
			finished: false,
			warnings: [expect.stringMatching(/^The provider could not be asked any more/) as string],
		});
	});

	it('ends with the job’s id where the provider does not know the job any more', async () => {
		await start();
		const run = await sleep();
		sim.faults.next('fetch', { kind: 'error', error: 'notFound' }, { times: 9 });
		passMinutes(3);
		const done = await run.wake();
		expect(done.status).toBe('error');
		expect(done.error?.message).toContain(jobIds()[0]);
		expect(sim.book.charges).toBe(1);
	});
});

it('goes by the times that the provider publishes, until it has learned its own', async () => {
	await start();
	const wakeSeconds = async (percentiles: object) => {
		const models = [{ alias: PIXVERSE, metrics: { duration_ms: percentiles } }];
		sim.faults.next('account', { kind: 'answer', status: 200, body: { models } }, { times: 4 });
		const asleep = await sleep({ provider: 'aimlapiPixverse' });
		expect(asleep.status).toBe('waiting');
		return ((asleep.waitTillMs ?? 0) - Date.now()) / 1000;
	};
	const slow = await wakeSeconds({ p50: 280_000, p99: 320_000 });
	await sim.close();
	await start();
	const faster = await wakeSeconds({ p50: 130_000, p99: 160_000 });
	expect(slow).toBeGreaterThan(90);
	expect(faster).toBeLessThan(90);
});

describe('a callback that comes before the provider shows the end', () => {
	const over = (jobId: string | undefined) => ({
		...about(jobId),
		output: ['https://cdn.example.com/video.mp4'],
	});

	it('wakes the run, which stays awake and finds the video', async () => {
		startVirtualTime();
		await start();
		const asleep = await untilDone(sleep());
		const [id] = jobIds() as [string];
		setTimeout(() => void sim.finish(id), 20_000);
		const { status, resumed } = await untilDone(asleep.call(over(id)));
		expect(status).toBe(200);
		expect(resumed?.status).toBe('success');
		expect(resumed?.items('Video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	});

	it('is remembered until the last of three was told of', async () => {
		await start();
		const asleep = await sleep({ prompts: THREE });
		const ids = jobIds();
		expect((await asleep.call(over(ids[0]))).resumed).toBeUndefined();
		expect((await asleep.call(over(ids[1]))).resumed).toBeUndefined();
		for (const id of ids) await sim.finish(id);
		const { resumed } = await asleep.call(over(ids[2]));
		expect(resumed?.items('Video').filter(({ binary }) => binary?.data)).toHaveLength(3);
	});

	it('wakes the run once for each job, whatever is made up', async () => {
		startVirtualTime();
		await start();
		const asleep = await untilDone(sleep());
		const [id] = jobIds() as [string];
		const { resumed } = await untilDone(asleep.call(over(id)));
		expect(resumed?.status).toBe('waiting');
		await passUntil(Date.now() + 120_000);
		const again = await untilDone((resumed as WorkflowResult).call(over(id)));
		expect(again.resumed).toBeUndefined();
		expect(again.status).toBe(200);
	});
});

it('downloads only so many videos at a time, however many runs wake at once', async () => {
	startVirtualTime();
	await start();
	const runs = MOST_WAKING_DOWNLOADS + 3;
	const asleep: WorkflowResult[] = [];
	for (let run = 0; run < runs; run += 1) {
		asleep.push(await untilDone(sleep()));
		// The provider's queue has fewer places than there are runs.
		await sim.finish(jobIds().at(-1) as string);
	}
	await passUntil(Math.max(...asleep.map(({ waitTillMs }) => waitTillMs ?? 0)));
	sim.faults.next('file', { kind: 'slow', ms: 20_000 }, { times: runs });
	const startedMs = Date.now();
	const awake = await untilDone(Promise.all(asleep.map(async (run) => await run.wake())));
	expect(awake.map((run) => run.items('Video')[0]?.binary?.data?.mimeType)).toEqual(
		Array(runs).fill('video/mp4'),
	);
	const atMs = sim.book.of('file').map((request) => request.atMs - startedMs);
	expect(atMs.filter((ms) => ms < 20_000)).toHaveLength(MOST_WAKING_DOWNLOADS);
	expect(atMs).toHaveLength(runs);
});

describe('where the provider can not call back', () => {
	it('sleeps all the same, with no address in the request', async () => {
		await start();
		// To us another machine, which can not reach the loopback address of this n8n.
		const baseUrl = sim.url.replace('127.0.0.1', '[::ffff:127.0.0.1]');
		const asleep = await sleep({ provider: 'localGpu', baseUrl });
		expect(asleep.status).toBe('waiting');
		expect(sim.book.jobs[0]?.callbackUrl).toBeUndefined();
		await sim.finish(jobIds()[0] as string);
		passMinutes(6);
		expect((await asleep.wake()).items('Video')[0]?.binary?.data).toBeDefined();
	});

	it('leaves a callback address of the person’s own alone', async () => {
		await start();
		const own = 'https://acme.test/hook';
		const asleep = await sleep({ parameters: { additionalFields: { webhook: own } } });
		expect(asleep.status).toBe('waiting');
		expect(sim.book.jobs[0]?.callbackUrl).toBe(own);
		await sim.finish(jobIds()[0] as string);
		passMinutes(3);
		expect((await asleep.wake()).items('Video')[0]?.binary?.data).toBeDefined();
	});
});

it('stays awake for a wait of under two minutes', async () => {
	await start();
	let stop = () => {};
	const running = sleep({
		parameters: { options: { waitAtMost: 1.9 } },
		onStart: (end) => (stop = end),
	});
	while (sim.book.charges === 0) await new Promise((done) => setTimeout(done, 10));
	await new Promise((done) => setTimeout(done, 100));
	stop();
	expect((await running).waitTillMs).toBeUndefined();
	expect(sim.book.jobs[0]?.callbackUrl).toBeUndefined();
});

it('stays awake on an n8n that gives executions no token', async () => {
	await start();
	let stop = () => {};
	const running = sleep({ withoutToken: true, onStart: (end) => (stop = end) });
	while (sim.book.charges === 0) await new Promise((done) => setTimeout(done, 10));
	await new Promise((done) => setTimeout(done, 100));
	stop();
	expect((await running).waitTillMs).toBeUndefined();
});

it('stays awake for a job that is nearly done', async () => {
	await start({ durationMs: 2_000 });
	const result = await sleep();
	expect(result.status).toBe('success');
	expect(result.items('Video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
});
