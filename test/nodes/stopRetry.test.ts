/** Retry of a stopped run of which n8n kept nothing: in the same process its jobs are known all the same. */
import { afterEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import { runWorkflow } from '../support/n8nCore';
import { videoOptions } from '../support/videoNode';

let sim: Simulator;
afterEach(async () => await sim.close());

const pause = async (ms: number) => await new Promise((done) => setTimeout(done, ms));
const until = async (there: () => boolean) => {
	while (!there()) await pause(10);
};
let tokens = 0;

describe.each([
	// The provider can cancel it: there will be no video of this job.
	['localGpu', { jobs: 2 }],
	['modelslabV6', { jobs: 1 }],
	['novita', { jobs: 1 }],
])('%s', { timeout: 120_000 }, (provider, expected) => {
	async function stoppedAndRetried(stopAt: () => boolean, before: () => Promise<void>) {
		tokens += 1;
		const resumeToken = `${provider} ${tokens}`;
		const options = { ...(await videoOptions(sim, { provider })), resumeToken };
		let stop = () => {};
		const running = runWorkflow({ ...options, onStart: (end) => (stop = end) });
		await until(stopAt);
		stop();
		await running;
		await before();
		const afresh = { ...(await videoOptions(sim, { provider })), resumeToken };
		let isOver = false;
		const retrying = runWorkflow(afresh).finally(() => (isOver = true));
		while (!isOver) {
			await finishAll();
			await Promise.race([retrying, pause(50)]);
		}
		return await retrying;
	}

	/** Jobs end on a Retry alone: a slow machine stops no run whose job is done. */
	const finishAll = async () =>
		await Promise.all(
			sim.book.jobs
				.filter(({ id }) => !/succeeded|cancelled/.test(sim.state(id).status))
				.map(async ({ id }) => await sim.finish(id)),
		);

	it('stopped while the video is waited for', async () => {
		sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: Infinity, queueMs: 0 });
		const cancelled = () => sim.book.jobs.every(({ id }) => sim.state(id).status === 'cancelled');
		const retried = await stoppedAndRetried(
			() => sim.book.jobs.length === 1 && sim.book.of('fetch').length > 0,
			async () => await until(() => expected.jobs === 1 || cancelled()),
		);
		expect(retried.items('Video')[0]?.json).toMatchObject({ status: 'succeeded' });
		expect(sim.book.jobs).toHaveLength(expected.jobs);
	});

	it('stopped while the video is downloaded: it is not paid for again', async () => {
		sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: 0, queueMs: 0 });
		for (const call of ['file', 'content'] as const)
			sim.faults.next(call, { kind: 'slow', ms: 4_000 });
		const retried = await stoppedAndRetried(
			() => sim.faults.pending === 1,
			async () => sim.faults.clear(),
		);
		expect(retried.items('Video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
		expect(sim.book.jobs).toHaveLength(1);
	});

	it('stopped while the submit is on its way: its job is taken up', async () => {
		sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: Infinity, queueMs: 0 });
		sim.faults.next('submit', { kind: 'slow', ms: 1_000 });
		const isOver = () =>
			sim.book.jobs.length === 1 &&
			(expected.jobs === 1 || sim.state(sim.book.jobs[0]!.id).status === 'cancelled');
		const retried = await stoppedAndRetried(
			() => sim.book.of('submit').length === 1,
			async () => await until(isOver),
		);
		expect(retried.items('Video')[0]?.json).toMatchObject({ status: 'succeeded' });
		expect(sim.book.jobs).toHaveLength(expected.jobs);
	});
});
