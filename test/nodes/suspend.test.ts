import { afterEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulators/simulator';
import type { WorkflowResult } from '../support/n8nCore';
import { jsons, runVideo, type VideoRun } from '../support/videoNode';

let sim: Simulator;
const start = async (options: SimulatorOptions = {}) =>
	(sim = await startSimulator({ durationMs: Infinity, autoCallbacks: false, ...options }));
afterEach(async () => await sim.close());

/** Novita declares a callback that nobody signs; its simulated requests-a-minute limit is off. */
const suspend = async (run: VideoRun = {}): Promise<WorkflowResult> =>
	await runVideo(sim, {
		provider: 'modelslabV6',
		...run,
		parameters: { whenSubmitted: 'suspend', ...run.parameters },
	});

const jobIds = () => sim.book.jobs.map(({ id }) => id);
const THREE = ['A boat', 'A kite', 'A train'];
/** What a provider of this family posts. */
const about = (jobId: string | undefined) => ({ id: Number(jobId), status: 'success', output: [] });

describe('a suspended run', () => {
	it('puts the address of the execution into every request and sleeps with a deadline', async () => {
		await start();
		const asleep = await suspend({ prompts: THREE });
		expect(asleep.status).toBe('waiting');
		expect(asleep.waitTillMs).toBeGreaterThan(Date.now() + 59 * 60_000);
		expect(asleep.waitTillMs).toBeLessThan(Date.now() + 61 * 60_000);
		const urls = sim.book.jobs.map(({ callbackUrl }) => new URL(callbackUrl as string));
		for (const url of urls) {
			expect(url.pathname).toMatch(/^\/webhook-waiting\/\d+\/node0$/);
			expect(url.searchParams.get('signature')).toMatch(/^[0-9a-f]{64}$/);
		}
		expect(jsons(asleep).map(({ jobId }) => jobId)).toEqual(jobIds());
	});

	it('wakes when the last of three jobs is done, with every video in its own item', async () => {
		await start();
		const asleep = await suspend({ prompts: THREE });
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

	it.each([
		['a forged success', () => about(jobIds()[0])],
		['a foreign job', () => about('987654321')],
		['nonsense', () => ({ hello: ['world'] })],
		['nothing', () => undefined],
		['text', () => 'status=success'],
	])('is not woken by %s', async (_name, body) => {
		await start();
		const asleep = await suspend();
		const call = await asleep.call(body());
		expect(call.status).toBe(200);
		expect(call.resumed).toBeUndefined();
		await sim.finish(jobIds()[0] as string);
		expect((await asleep.call(about(jobIds()[0]))).resumed?.status).toBe('success');
	});

	it('asks the sender to repeat the call when the provider can not be asked', async () => {
		await start();
		const asleep = await suspend();
		await sim.finish(jobIds()[0] as string);
		sim.faults.next('fetch', { kind: 'error', error: 'serverError' });
		expect(await asleep.call(about(jobIds()[0]))).toMatchObject({ status: 503 });
		expect((await asleep.call(about(jobIds()[0]))).resumed?.status).toBe('success');
	});

	it('finishes without sleeping when the jobs are done before the node is', async () => {
		await start({ durationMs: 0 });
		const result = await suspend({ provider: 'novita' });
		expect(result.status).toBe('success');
		expect(result.items('Video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	});

	it('gives the jobs at the deadline, each as it stood, and a video that was done before', async () => {
		await start({
			durationMs: ({ request }) => (request.prompt === 'A kite' ? 0 : Infinity),
		});
		const asleep = await suspend({ prompts: THREE });
		const late = await asleep.passDeadline();
		expect(late.status).toBe('success');
		expect(jsons(late).map(({ jobId, status, finished }) => [jobId, status, finished])).toEqual([
			[jobIds()[0], 'processing', false],
			[jobIds()[1], 'succeeded', true],
			[jobIds()[2], 'processing', false],
		]);
		expect(late.items('Video')[1]?.binary?.data).toBeDefined();
		expect(late.items('Video')[0]?.json.prompt).toBeUndefined();
	});

	it('downloads a video that was done before the sleep only once', async () => {
		await start({
			durationMs: ({ request }) => (request.prompt === 'A kite' ? 0 : Infinity),
		});
		const asleep = await suspend({ prompts: THREE });
		for (const id of [jobIds()[0], jobIds()[2]]) await sim.finish(id as string);
		const { resumed } = await asleep.call(about(jobIds()[0]));
		expect(resumed?.items('Video').filter(({ binary }) => binary?.data)).toHaveLength(3);
		expect(sim.book.of('file')).toHaveLength(3);
	});

	it('reads the options from the true items when it goes on', async () => {
		await start();
		const asleep = await suspend({
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

describe('a job of a suspended run that fails', () => {
	async function failSecond(settings: object) {
		await start();
		const asleep = await suspend({ prompts: THREE, settings });
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

describe('a submit of a suspended run that fails', () => {
	it('does not put the run to sleep, and Retry attaches to what was taken', async () => {
		await start();
		sim.faults.next('submit', { kind: 'error', error: 'noCredit' });
		const failed = await suspend({ prompts: THREE });
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
		const asleep = await suspend({ prompts: THREE, settings });
		expect(asleep.status).toBe('waiting');
		for (const id of jobIds()) await sim.finish(id);
		const { resumed } = await asleep.call(about(jobIds()[0]));
		expect(resumed?.outputs('Video')[0]).toHaveLength(2);
		expect(resumed?.outputs('Video')[1]?.[0]?.json).toMatchObject({ details: { accepted: 'no' } });
		expect(sim.book.of('submit')).toHaveLength(3);
	});
});

describe('where the provider could not call back', () => {
	it('refuses before anything is sent, and says what to do', async () => {
		await start();
		const { error } = await suspend({ baseUrl: 'https://modelslab.com' });
		expect(error?.message).toContain(
			"can not call this n8n back: n8n's public address is http://127.0.0.1:5678",
		);
		expect(error?.description).toContain('WEBHOOK_URL');
		expect(sim.book.requests).toEqual([]);
	});

	it('refuses a callback address of the person’s own, which would take the node’s place', async () => {
		await start();
		const { error } = await suspend({
			parameters: { additionalFields: { webhook: 'https://example.com/hook' } },
		});
		expect(error?.message).toContain('the node needs that field itself');
		expect(sim.book.charges).toBe(0);
	});
});

it('stays awake for a wait of under a minute', async () => {
	await start();
	let stop = () => {};
	const running = suspend({
		parameters: { options: { waitAtMost: 1 } },
		onStart: (end) => (stop = end),
	});
	while (sim.book.charges === 0) await new Promise((done) => setTimeout(done, 10));
	await new Promise((done) => setTimeout(done, 100));
	stop();
	expect((await running).waitTillMs).toBeUndefined();
	expect(sim.book.jobs[0]?.callbackUrl).toBeUndefined();
});
