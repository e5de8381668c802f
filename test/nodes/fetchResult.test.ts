import { afterEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulators/simulator';
import { jsons, runFetch, runVideo } from '../support/videoNode';

let sim: Simulator;
const start = async (options: SimulatorOptions = {}) => (sim = await startSimulator(options));
afterEach(async () => await sim.close());

/** Submits and gives the items that Text to Video returns. */
async function submitted(prompts: string[], provider = 'localGpu') {
	const result = await runVideo(sim, {
		provider,
		prompts,
		parameters: { whenSubmitted: 'return' },
	});
	return result.items('Video').map(({ json }) => ({ json }));
}

it('returns jobs with when to ask next, which a Wait node can use', async () => {
	await start({ durationMs: 100_000 });
	const [item] = await submitted(['A boat']);
	expect(item?.json).toMatchObject({
		jobId: sim.book.jobs[0]?.id,
		finished: false,
		nextPollSeconds: expect.any(Number) as number,
	});
	expect(item?.json.nextPollSeconds).toBeGreaterThan(20);
	expect(item?.json.nextPollSeconds).toBeLessThan(100);
});

describe('Get Now', () => {
	it('tells done, not yet and failed apart, several at once', async () => {
		await start({ durationMs: Infinity });
		const items = await submitted(['A boat', 'A kite', 'A train']);
		const [first, , third] = sim.book.jobs.map(({ id }) => id) as [string, string, string];
		await sim.finish(first);
		await sim.fail(third, 'The lights went out');
		const result = await runFetch(sim, { items, settings: { onError: 'continueErrorOutput' } });
		expect(
			result
				.outputs('Result')[0]
				?.map(({ json, binary }) => [json.status, json.finished, binary?.data?.mimeType]),
		).toEqual([
			['succeeded', true, 'video/mp4'],
			['processing', false, undefined],
		]);
		expect(result.outputs('Result')[1]?.[0]?.json).toMatchObject({
			details: { jobId: third, job: { status: 'failed' } },
		});
		expect(sim.book.charges).toBe(3);
	});

	it('takes a bare job id, of a job that another day submitted', async () => {
		await start();
		await submitted(['A boat']);
		const jobId = sim.book.jobs[0]!.id;
		const result = await runFetch(sim, { items: [{ json: {} }], parameters: { jobId } });
		expect(jsons(result, 'Result')[0]).toMatchObject({ jobId, status: 'succeeded' });
	});

	it('takes the whole job, also out of the error output of Text to Video', async () => {
		await start();
		sim.faults.next('content', { kind: 'answer', status: 404, body: '' }, { times: 9 });
		const failed = await runVideo(sim, { settings: { onError: 'continueErrorOutput' } });
		const item = failed.outputs('Video')[1]![0]!;
		sim.faults.clear();
		const result = await runFetch(sim, {
			items: [{ json: item.json }],
			parameters: { jobId: '={{ $json.details.job }}' },
		});
		expect(result.items('Result')[0]?.binary?.data?.mimeType).toBe('video/mp4');
		expect(sim.book.charges).toBe(1);
	});

	it.each([
		['as text', (job: object) => JSON.stringify(job)],
		['as a list of one', (job: object) => [job]],
	])('takes the whole job %s, as a table gives it back', async (_what, kept) => {
		await start();
		const [item] = await submitted(['A boat']);
		const result = await runFetch(sim, { items: [{ json: { jobId: kept(item!.json) as never } }] });
		expect(jsons(result, 'Result')[0]).toMatchObject({
			jobId: item!.json.jobId,
			status: 'succeeded',
			submittedAt: item!.json.submittedAt,
		});
	});

	it('refuses the row of another provider’s job', async () => {
		await start();
		const items = [{ json: { provider: 'modelslabV6', jobId: '13801718', videos: '[]' } }];
		const { error } = await runFetch(sim, { items });
		expect(error?.message).toContain('belongs to the provider "modelslabV6"');
		expect(sim.book.requests).toEqual([]);
	});

	it.each([
		['of another service', { message: 'Timed out', details: { retries: 3 } }],
		['without words', { details: { accepted: 'yes' } }],
	])('takes a failure %s in the item for none of its own', async (_what, json) => {
		await start();
		const { error } = await runFetch(sim, { items: [{ json }] });
		expect(error?.message).toContain('Job ID is empty.');
		expect(sim.book.requests).toEqual([]);
	});

	it('says what the step before said, where it hands on a job that has no id', async () => {
		await start();
		const details = { accepted: 'yes', job: { provider: 'localGpu', status: 'failed' } };
		const json = { message: 'The lamp went out', details };
		const { error } = await runFetch(sim, { items: [{ json }] });
		expect(error?.message).toContain('The lamp went out');
		expect(sim.book.requests).toEqual([]);
	});

	it('does not call an id paid that the provider does not know', async () => {
		await start();
		const result = await runFetch(sim, {
			items: [{ json: { jobId: 'video_nobody_made' } }],
			settings: { onError: 'continueErrorOutput' },
		});
		expect(result.outputs('Result')[1]?.[0]?.json).toMatchObject({
			details: { accepted: 'unknown', failure: { code: 'not_found' } },
		});
	});

	it.each([
		['={{ {} }}', 'Job ID is {}, which is neither a job ID nor a whole job.'],
		['={{ [{"a": 1}, {"a": 2}] }}', 'Job ID is a list of 2. Give one job an item'],
		['={{ true }}', 'Job ID is true, which is neither'],
	])('refuses %s as a job id and asks nobody', async (jobId, message) => {
		await start();
		const { error } = await runFetch(sim, { items: [{ json: {} }], parameters: { jobId } });
		expect(error?.message).toContain(message);
		expect(sim.book.requests).toEqual([]);
	});

	it.each([
		['', 'Job ID is empty'],
		['{{ $json.jobId }}', 'an expression that was not evaluated'],
	])('refuses %j as a job id', async (jobId, message) => {
		await start();
		const given = jobId === '' ? '={{ "" }}' : jobId;
		const { error } = await runFetch(sim, { items: [{ json: {} }], parameters: { jobId: given } });
		expect(error?.message).toContain(message);
		expect(sim.book.requests).toEqual([]);
	});

	it('refuses a job of another provider, whose key must not see it', async () => {
		await start();
		const items = await submitted(['A boat']);
		const before = sim.book.requests.length;
		const { error } = await runFetch(sim, { provider: 'novita', items });
		expect(error?.message).toContain('belongs to the provider "localGpu"');
		expect(sim.book.requests).toHaveLength(before);
	});
});

it('Wait for the Video asks at once, then until it is done', async () => {
	await start({ durationMs: 1_500 });
	const items = await submitted(['A boat']);
	const result = await runFetch(sim, { items, operation: 'wait' });
	expect(result.items('Result')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	const submit = sim.book.of('submit')[0]!.atMs;
	expect(sim.book.of('fetch')[0]!.atMs - submit).toBeLessThan(1_000);
});

describe('Cancel', () => {
	it('stops the job at the provider', async () => {
		await start({ durationMs: Infinity });
		const items = await submitted(['A boat']);
		const result = await runFetch(sim, { items, operation: 'cancel' });
		expect(jsons(result, 'Result')[0]).toMatchObject({ status: 'cancelled', finished: true });
		expect(sim.state(sim.book.jobs[0]!.id).status).toBe('cancelled');
	});

	it('leaves a job that has ended its video', async () => {
		await start({ durationMs: 0 });
		const items = await submitted(['A boat']);
		const result = await runFetch(sim, { items, operation: 'cancel' });
		expect(jsons(result, 'Result')[0]).toMatchObject({ status: 'succeeded', finished: true });
		expect(sim.book.of('cancel')).toEqual([]);
		const fetched = await runFetch(sim, { items, operation: 'get' });
		expect(fetched.items('Result')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	});

	it('says so where the provider can not', async () => {
		await start({ durationMs: Infinity });
		const items = await submitted(['A boat'], 'modelslabV6');
		const { error } = await runFetch(sim, { provider: 'modelslabV6', items, operation: 'cancel' });
		expect(error?.message).toContain('can not cancel jobs');
		expect(error?.message).toContain(sim.book.jobs[0]?.id);
	});
});
