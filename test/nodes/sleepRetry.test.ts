import { afterEach, beforeEach, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runVideo } from '../support/videoNode';

let sim: Simulator;

beforeEach(async () => {
	sim = await startSimulator({ durationMs: 3_600_000, autoCallbacks: false });
});
afterEach(async () => await sim.close());

it.each(['continueErrorOutput', 'stopWorkflow'])(
	'ends after the tries that Retry on Fail allows, however often the provider wakes it (%s)',
	async (onError) => {
		let result = await runVideo(sim, {
			provider: 'stableDiffusionV4',
			parameters: { whenSubmitted: 'suspend' },
			settings: { onError, retryOnFail: true, maxTries: 3, waitBetweenTries: 1 },
		});
		for (let calls = 0; result.status === 'waiting' && calls < 10; calls += 1) {
			const { id } = sim.book.jobs.at(-1)!;
			await sim.fail(id, 'The model ran out of ideas');
			const call = await result.call({ status: 'failed', id: Number(id) });
			result = call.resumed!;
		}
		expect(result.status).toBe(onError === 'stopWorkflow' ? 'error' : 'success');
		expect(sim.book.charges).toBe(3);
		const { id } = sim.book.jobs.at(-1)!;
		const [, errors = []] = result.outputs('Video');
		expect(result.error?.message ?? errors[0]?.json.message).toBe(
			`Stable Diffusion API, job ${id}: The model ran out of ideas`,
		);
	},
);
