/** A model that makes several videos of one prompt: all of them arrive, and all of them count. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { jsons, runFetch, runVideo } from '../support/videoNode';

let sim: Simulator;
beforeEach(async () => {
	sim = await startSimulator({ durationMs: 0 });
});
afterEach(async () => await sim.close());

const provider = 'novitaAnyModel';

const run = async (count: number, options: object = {}, prompts = ['A boat']) =>
	await runVideo(sim, {
		provider,
		prompts,
		parameters: {
			whenSubmitted: 'return',
			model: { __rl: true, mode: 'id', value: 'veo-3.1-generate-001' },
			additionalFields: { sample_count: count },
			options,
		},
	});

it('puts each into a binary field of its own, under a name of its own', async () => {
	const items = (await run(3)).items('Video');
	const parameters = { options: { fileName: 'boat.mp4' } };
	const [item] = (await runFetch(sim, { provider, items, parameters })).items('Result');
	const files = Object.entries(item?.binary ?? {}).map(([field, { fileName, mimeType }]) => [
		field,
		fileName,
		mimeType,
	]);
	expect(files).toEqual([
		['data', 'boat.mp4', 'video/mp4'],
		['data_1', 'boat-2.mp4', 'video/mp4'],
		['data_2', 'boat-3.mp4', 'video/mp4'],
	]);
	expect((item?.json as { videos: unknown[] }).videos).toHaveLength(3);
	expect(sim.book.charges).toBe(1);
});

it('counts each against Maximum Jobs', async () => {
	const { error } = await run(4, { maximumJobs: 7 }, ['A boat', 'A lamp']);
	expect(error?.message).toBe(
		'There are 2 items that order 8 videos, and Maximum Jobs is 7. Nothing was submitted.',
	);
	expect(sim.book.of('submit')).toHaveLength(0);
	expect(jsons(await run(4, { maximumJobs: 8 }, ['A boat', 'A lamp']))).toHaveLength(2);
});
