import { afterEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulators/simulator';
import { jsons, runVideo, videoOptions } from '../support/videoNode';

let sim: Simulator;
const start = async (options: SimulatorOptions = {}) => (sim = await startSimulator(options));
afterEach(async () => await sim.close());

const RETURN = { whenSubmitted: 'return' };
const TRIES = { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 };
const THREE = ['A boat', 'A kite', 'A train'];

describe('a run is validated whole', () => {
	it('sends nothing when one of three items is wrong, and names that item', async () => {
		await start();
		const { error } = await runVideo(sim, { prompts: ['A boat', '', 'A train'] });
		expect(error?.message).toContain('[item 2] Prompt (prompt)');
		expect(error?.description).toContain('Nothing was submitted');
		expect(error?.description).toContain('look in the input whether it is there');
		expect(sim.book.requests).toEqual([]);
	});

	it('sends nothing when an expression of the last item fails, even in an option', async () => {
		await start();
		const { error } = await runVideo(sim, {
			prompts: THREE,
			parameters: {
				options: { fileName: '={{ $itemIndex === 2 ? $("Nowhere").first() : "a.mp4" }}' },
			},
		});
		expect(error?.message).toBe("Referenced node doesn't exist");
		expect(sim.book.requests).toEqual([]);
	});

	it('refuses more items than Maximum Jobs', async () => {
		await start();
		const parameters = { ...RETURN, options: { maximumJobs: 2 } };
		const { error } = await runVideo(sim, { prompts: THREE, parameters });
		expect(error?.message).toBe('There are 3 items, and Maximum Jobs is 2. Nothing was submitted.');
		expect(sim.book.charges).toBe(0);
	});

	it('takes only the first item when the node is set to execute once', async () => {
		await start();
		const result = await runVideo(sim, {
			prompts: THREE,
			parameters: RETURN,
			settings: { executeOnce: true },
		});
		expect(jsons(result)).toHaveLength(1);
		expect(sim.book.charges).toBe(1);
	});
});

describe('retry on fail', () => {
	it('pays for each video once when a download fails at first', async () => {
		await start();
		sim.faults.next('content', { kind: 'error', error: 'invalidRequest' }, { times: 3 });
		const result = await runVideo(sim, { prompts: THREE, settings: TRIES });
		expect(result.error).toBeUndefined();
		expect(result.items('Video').map(({ binary }) => binary?.data?.mimeType)).toEqual(
			Array(3).fill('video/mp4'),
		);
		expect(sim.book.charges).toBe(3);
	});

	it('submits again only the item whose job failed', async () => {
		let kites = 0;
		await start({
			failWhen: ({ request }) =>
				request.prompt === 'A kite' && (kites += 1) === 1 ? 'Out of memory' : undefined,
		});
		const result = await runVideo(sim, { prompts: THREE, settings: TRIES });
		expect(result.error).toBeUndefined();
		const prompts = sim.book.jobs.map(({ request }) => request.prompt);
		expect(prompts.toSorted()).toEqual(['A boat', 'A kite', 'A kite', 'A train']);
	});

	it('does not pay twice when an expression gives another text at every look', async () => {
		await start();
		sim.faults.next('content', { kind: 'error', error: 'invalidRequest' });
		const result = await runVideo(sim, {
			parameters: { prompt: '={{ "A boat " + Math.random() }}' },
			settings: TRIES,
		});
		expect(result.error).toBeUndefined();
		expect(sim.book.charges).toBe(1);
	});

	it.each(['resetAfter', 'serverErrorAfter', 'webPage', 'truncated'] as const)(
		'does not repeat a submit whose outcome is doubtful (%s), and says so',
		async (kind) => {
			await start();
			sim.faults.next('submit', { kind }, { times: 9 });
			const { error } = await runVideo(sim, { provider: 'novita', settings: TRIES });
			expect(error?.description).toContain('may have been accepted');
			expect(sim.book.of('submit')).toHaveLength(1);
			expect(sim.book.charges).toBe(1);
		},
	);

	it('repeats a doubtful submit where the provider honours an idempotency key, and pays once', async () => {
		await start();
		sim.faults.next('submit', { kind: 'resetAfter' }, { times: 2 });
		const result = await runVideo(sim, { parameters: RETURN });
		expect(result.error).toBeUndefined();
		expect(sim.book.of('submit')).toHaveLength(3);
		const keys = sim.book.of('submit').map(({ headers }) => headers['idempotency-key']);
		expect(new Set(keys).size).toBe(1);
		expect(sim.book.charges).toBe(1);
		expect(jsons(result)[0]?.jobId).toBe(sim.book.jobs[0]?.id);
	});

	it('gives every item its own idempotency key, though the requests are the same', async () => {
		await start();
		await runVideo(sim, { prompts: ['A boat', 'A boat'], parameters: RETURN });
		await runVideo(sim, { prompts: ['A boat'], parameters: RETURN });
		expect(sim.book.charges).toBe(3);
	});
});

describe('what the provider certainly did not take is sent again', () => {
	it.each([
		['localGpu', 'in the header'],
		['modelslabV6', 'in the body'],
	])('waits as long as %s asks, %s', async (provider) => {
		await start();
		const refused = { kind: 'error', error: 'rateLimited', retryAfterSeconds: 2 } as const;
		sim.faults.next('submit', refused);
		const result = await runVideo(sim, { provider, parameters: RETURN });
		expect(result.error).toBeUndefined();
		const [first, second, ...more] = sim.book.of('submit');
		expect([first?.status, second?.status, more]).toEqual([429, 200, []]);
		// Without a word from the provider, the first pause is a second and a half at most. A timer may ring early.
		expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(1_990);
		expect(sim.book.charges).toBe(1);
	});

	it('says that nothing was taken when nobody listens', async () => {
		await start();
		const result = await runVideo(sim, {
			provider: 'novita',
			baseUrl: 'http://127.0.0.1:9',
			settings: { onError: 'continueErrorOutput' },
		});
		const item = result.outputs('Video')[1]?.[0]?.json;
		expect(item).toMatchObject({
			message: expect.stringContaining('could not be reached') as string,
			details: { accepted: 'no', provider: 'novita' },
		});
	});
});

describe('Retry Execution', () => {
	it('attaches to the jobs of the failed execution', async () => {
		await start({ durationMs: 1_200 });
		sim.faults.next('fetch', { kind: 'error', error: 'invalidKey' });
		const failed = await runVideo(sim, { prompts: THREE });
		expect(failed.error?.message).toContain(sim.book.of('fetch')[0]?.jobId);
		expect(sim.book.charges).toBe(3);
		const again = await failed.retry();
		expect(again.error).toBeUndefined();
		expect(jsons(again).map(({ jobId }) => jobId)).toEqual(sim.book.jobs.map(({ id }) => id));
		expect(again.items('Video').every(({ binary }) => binary?.data)).toBe(true);
		expect(sim.book.charges).toBe(3);
	});

	it('makes a new job when the prompt was changed', async () => {
		await start({ durationMs: 1_200 });
		sim.faults.next('fetch', { kind: 'error', error: 'invalidKey' });
		const failed = await runVideo(sim, { parameters: { prompt: 'A boat' } });
		expect(failed.error).toBeDefined();
		const { nodes } = await videoOptions(sim, { parameters: { prompt: 'A red boat' } });
		const again = await failed.retry({ nodes });
		expect(again.error).toBeUndefined();
		expect(sim.book.jobs.map(({ request }) => request.prompt)).toEqual(['A boat', 'A red boat']);
	});

	it('does not submit again what may have been taken', async () => {
		await start();
		sim.faults.next('submit', { kind: 'resetAfter' });
		const failed = await runVideo(sim, { provider: 'novita' });
		const again = await failed.retry();
		expect(again.error?.description).toContain('may have been accepted');
		expect(sim.book.charges).toBe(1);
	});
});

it('keeps a documented number of requests a minute by waiting', async () => {
	await start();
	let stop = () => {};
	const running = runVideo(sim, {
		provider: 'novita',
		prompts: THREE,
		parameters: RETURN,
		onStart: (end) => (stop = end),
	});
	while (sim.book.of('submit').length < 2) await new Promise((done) => setTimeout(done, 20));
	await new Promise((done) => setTimeout(done, 300));
	expect(sim.book.of('submit')).toHaveLength(2);
	stop();
	const result = await running;
	expect(result.error?.message).toContain('stopped before this item was sent');
	expect(sim.book.of('submit')).toHaveLength(2);
});
