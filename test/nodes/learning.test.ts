import { afterEach, describe, expect, it } from 'vitest';
import type { Durations } from '../../jobs/durations';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runWorkflow } from '../support/n8nCore';
import { runVideo, videoOptions } from '../support/videoNode';

let sim: Simulator;
afterEach(async () => await sim.close());

const SECRET = 'an unreleased product';
const durationsIn = ({ 'node:Video': node }: Record<string, unknown>): Durations =>
	JSON.parse((node as { durations: string }).durations) as Durations;

describe('what n8n keeps of finished jobs', () => {
	it('is how long they took, by provider, model and size, without a word of the prompt', async () => {
		sim = await startSimulator({ durationMs: 300 });
		const { staticData } = await runVideo(sim, { prompts: [SECRET, SECRET, SECRET] });
		const durations = durationsIn(staticData);
		const [kind] = Object.keys(durations);
		expect(kind).toMatch(/^localGpu /);
		expect(durations[kind as string]?.seconds).toHaveLength(3);
		expect(Math.max(...(durations[kind as string]?.seconds ?? []))).toBeLessThan(30);
		expect(JSON.stringify(staticData)).not.toContain(SECRET);
	});

	it('says when the next job is worth asking for, and survives what somebody wrote into it', async () => {
		sim = await startSimulator({ durationMs: 300 });
		const { staticData } = await runVideo(sim, { prompts: ['A fox'] });
		const [kind] = Object.keys(durationsIn(staticData)) as [string];
		await sim.close();
		sim = await startSimulator({ durationMs: Infinity, openaiServer: 'sglang' });
		const pause = async (durations: unknown) => {
			const result = await runWorkflow({
				...(await videoOptions(sim, { parameters: { whenSubmitted: 'return' } })),
				staticData: { 'node:Video': { durations } } as never,
			});
			return result.items('Video')[0]?.json.nextPollSeconds;
		};
		const known = JSON.stringify({ [kind]: { seconds: [200, 210, 220], atMs: 1 } });
		expect(await pause(known)).toBeGreaterThan(190);
		for (const broken of ['{', '[1]', 'null', 7]) expect(await pause(broken)).toBeLessThan(60);
	});
});
