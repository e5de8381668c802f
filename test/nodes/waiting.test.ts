import { recordLog, takeLog } from '../support/n8nLog';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulators/simulator';
import { jsons, runVideo } from '../support/videoNode';

let sim: Simulator;
const start = async (options: SimulatorOptions = {}) => (sim = await startSimulator(options));
beforeAll(() => recordLog());
afterEach(async () => await sim.close());

const until = async (there: () => boolean) => {
	while (!there()) await new Promise((done) => setTimeout(done, 10));
};

describe('waiting', () => {
	it('ends with every video in its own item, in the order in which the items came', async () => {
		await start({ durationMs: ({ request }) => (request.prompt === 'Slow' ? 2_500 : 1_000) });
		const result = await runVideo(sim, { prompts: ['Slow', 'Quick', 'Quick too'] });
		const idOf = (prompt: string) =>
			sim.book.jobs.find(({ request }) => request.prompt === prompt)?.id;
		expect(result.items('Video').map(({ json, pairedItem }) => [json.jobId, pairedItem])).toEqual([
			[idOf('Slow'), { item: 0 }],
			[idOf('Quick'), { item: 1 }],
			[idOf('Quick too'), { item: 2 }],
		]);
		expect(result.items('Video')[0]?.binary?.data).toMatchObject({
			mimeType: 'video/mp4',
			fileExtension: 'mp4',
			fileName: `video-${idOf('Slow')}.mp4`,
		});
		expect(jsons(result)[0]).toMatchObject({ status: 'succeeded', finished: true, progress: 100 });
	});

	it('that lasts too long is no error: the job is returned as it stands', async () => {
		await start({ durationMs: Infinity });
		const result = await runVideo(sim, { parameters: { options: { waitAtMost: 0.02 } } });
		expect(result.error).toBeUndefined();
		expect(jsons(result)[0]).toMatchObject({
			jobId: sim.book.jobs[0]?.id,
			status: 'processing',
			finished: false,
			nextPollSeconds: expect.any(Number) as number,
		});
	});

	it('passes over errors of single questions', async () => {
		await start({ durationMs: 1_500 });
		sim.faults
			.next('fetch', { kind: 'error', error: 'serverError' })
			.next('fetch', { kind: 'truncated' });
		const result = await runVideo(sim);
		expect(jsons(result)[0]).toMatchObject({ status: 'succeeded' });
		expect(sim.faults.pending).toBe(0);
	});

	it('keeps to Parallel Jobs', async () => {
		await start({ durationMs: 1_000 });
		const result = await runVideo(sim, {
			prompts: ['A', 'B', 'C', 'D'],
			parameters: { options: { parallelJobs: 2 } },
		});
		expect(jsons(result)).toHaveLength(4);
		const [, , third] = sim.book.jobs;
		expect(third!.acceptedAtMs - sim.book.jobs[0]!.acceptedAtMs).toBeGreaterThanOrEqual(1_000);
	});
});

describe('Stop', () => {
	it('ends the wait at once, cancels the jobs at the provider and sends nothing more', async () => {
		await start({ durationMs: Infinity });
		let stop = () => {};
		const running = runVideo(sim, {
			prompts: ['A', 'B', 'C', 'D'],
			parameters: { options: { parallelJobs: 2 } },
			onStart: (end) => (stop = end),
		});
		await until(() => sim.book.charges === 2);
		stop();
		const result = await running;
		await until(() => sim.book.of('cancel').length === 2);
		expect(result.error?.message).toMatch(/The execution was stopped/);
		expect(sim.book.jobs.map(({ id }) => sim.state(id).status)).toEqual(['cancelled', 'cancelled']);
		expect(sim.book.of('submit')).toHaveLength(2);
	});

	it('hears out a submit that is on its way, so that its job can be cancelled', async () => {
		await start({ durationMs: Infinity });
		sim.faults.next('submit', { kind: 'slow', ms: 400 });
		let stop = () => {};
		const running = runVideo(sim, { onStart: (end) => (stop = end) });
		await until(() => sim.book.of('submit').length === 1);
		stop();
		await running;
		await until(() => sim.book.of('cancel').length === 1);
		expect(sim.state(sim.book.jobs[0]!.id).status).toBe('cancelled');
	});

	it('leaves a job that has just ended its video, and says so', async () => {
		await start({ durationMs: Infinity });
		let stop = () => {};
		const running = runVideo(sim, { onStart: (end) => (stop = end) });
		await until(() => sim.book.charges === 1);
		const { id } = sim.book.jobs[0]!;
		await sim.finish(id);
		takeLog();
		stop();
		const { error } = await running;
		// n8n saves the run before the provider has answered.
		expect(error?.message).toBe(`The execution was stopped. Job ${id} is being cancelled.`);
		expect(error?.description).toMatch(/Fetch Result with the job ID .+; do not order it again/);
		const log: string[] = [];
		const ended = `Job ${id} had ended before (succeeded). Get the video with Fetch Result`;
		await until(() => log.push(...takeLog()) > 0 && log.join('').includes(ended));
		expect(sim.book.of('cancel')).toEqual([]);
	});
});
