import { afterEach, describe, expect, it } from 'vitest';
import type { Durations } from '../../jobs/durations';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runWorkflow } from '../support/n8nCore';
import { runVideo, videoOptions } from '../support/videoNode';
import { learningOf } from '../../nodes/TextToVideo/submit/learning';
import { providerById } from '../../providers/registry';
import { hookContext } from '../support/hookContext';

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

describe('what a node has learned', () => {
	const local = providerById('localGpu');
	let models = 0;
	/** Of a model that nobody has asked for yet. */
	const kindOfItsOwn = () => {
		models += 1;
		return { model: `model-${models}` };
	};
	const learned = (context: ReturnType<typeof hookContext>, values: { model: string }) =>
		learningOf(context, local, values).provider.limits.learnedSeconds;
	const note = (context: ReturnType<typeof hookContext>, values: { model: string }) => {
		for (const seconds of [30, 10, 20]) learningOf(context, local, values).note(seconds, 1_000);
	};

	it('lasts with the workflow, and for other nodes as long as the process', () => {
		const values = kindOfItsOwn();
		const context = hookContext();
		expect(learned(context, values)).toBeUndefined();
		note(context, values);
		expect(learned(context, values)).toStrictEqual([10, 20, 30]);
		expect(context.staticData.durations).toBeTypeOf('string');
		expect(learned(hookContext(), values)).toStrictEqual([10, 20, 30]);
		expect(learned(hookContext(), kindOfItsOwn())).toBeUndefined();
	});

	it('is what the workflow keeps before what the process knows', () => {
		const values = kindOfItsOwn();
		const first = hookContext();
		note(first, values);
		const [kind] = Object.keys(JSON.parse(String(first.staticData.durations)) as Durations);
		const context = hookContext();
		context.staticData.durations = JSON.stringify({
			[kind as string]: { seconds: [100, 100, 100], atMs: 1 },
		});
		expect(learned(context, values)).toStrictEqual([100, 100, 100]);
	});
});
