import { afterEach, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { jsons, runVideo } from '../support/videoNode';

let sim: Simulator;
afterEach(async () => await sim.close());

it('waits for a place in the queue instead of collecting refusals', async () => {
	sim = await startSimulator({ durationMs: 3_000, queueLimit: 5 });
	const run = { provider: 'modelslabV6', parameters: { whenSubmitted: 'return' } };
	await runVideo(sim, { ...run, prompts: ['A', 'B', 'C', 'D', 'E'] });
	expect(sim.book.charges).toBe(5);
	const result = await runVideo(sim, { ...run, prompts: ['F'] });
	expect(jsons(result)).toMatchObject([{ jobId: sim.book.jobs[5]?.id }]);
	expect(sim.book.of('submit')).toHaveLength(6);
});
