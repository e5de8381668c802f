/** Prompts, LoRAs and embeddings whose number comes with the data. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runVideo, videoParameters } from '../support/videoNode';

let sim: Simulator;
beforeEach(async () => (sim = await startSimulator()));
afterEach(async () => await sim.close());

/** Runs Novita with these additional fields on one item. */
const run = async (additionalFields: object, json: object, parameters: object = {}) =>
	await runVideo(sim, {
		provider: 'novita',
		items: [{ json: { prompt: 'A boat', ...json } as never }],
		parameters: {
			...videoParameters('novita'),
			additionalFields,
			whenSubmitted: 'return',
			...parameters,
		},
	});

const sent = () => sim.book.of('submit').map(({ body }) => body as Record<string, unknown>);

it.each([
	['a list', [{ model_name: 'a', strength: 0.5 }]],
	['a list as text', '[{"model_name": "a", "strength": 0.5}]'],
	['numbers as text', [{ model_name: 'a ', strength: '0.5' }]],
])('takes LoRAs as %s', async (_what, l) => {
	const { error } = await run({ lorasJson: '={{ $json.l }}' }, { l });
	expect(error).toBeUndefined();
	expect(sent()).toMatchObject([{ loras: [{ model_name: 'a', strength: 0.5 }] }]);
});

it.each([[null], [''], ['[]'], ['null'], [[]]])('leaves LoRAs out for %j', async (l) => {
	await run({ lorasJson: '={{ $json.l }}' }, { l });
	expect(sent()).toHaveLength(1);
	expect(sent()[0]).not.toHaveProperty('loras');
});

it('makes a video of as many prompts as the item has', async () => {
	const p = ['dusk', 'night', 'dawn'].map((prompt) => ({ prompt, frames: 16 }));
	const { error } = await run(
		{},
		{ p },
		{
			specifyPrompts: 'json',
			promptsJson: '={{ $json.p }}',
		},
	);
	expect(error).toBeUndefined();
	expect(sent()).toMatchObject([{ prompts: p }]);
});

it.each([
	['a word', 'a', 'LoRAs (loras) is "a", which is not allowed'],
	['one that is no list', { model_name: 'a', strength: 1 }, 'Give a list of at most 5 (LoRA)'],
	['words', ['a'], 'LoRAs 1 (loras.0) is "a", which is not allowed. Give an object'],
	[
		'another name',
		[{ name: 'a', model_name: 'a', strength: 1 }],
		'LoRAs 1 (loras.0) has no field name. The fields are: model_name, strength.',
	],
	['too much', [{ model_name: 'a', strength: 3 }], 'LoRAs 1, Strength (loras.0.strength) is 3'],
])('refuses LoRAs as %s, by name, before anything is sent', async (_what, l, words) => {
	const { error } = await run({ lorasJson: '={{ $json.l }}' }, { l });
	expect(error?.message).toContain(words);
	expect(sim.book.requests).toEqual([]);
});

it('refuses a list that is set twice', async () => {
	const { error } = await run(
		{ lorasJson: '={{ $json.l }}', loras: { items: [{ model_name: 'b', strength: 1 }] } },
		{ l: [{ model_name: 'a', strength: 1 }] },
	);
	expect(error?.message).toBe(
		'LoRAs is set twice: by its fields and by LoRAs (JSON). Remove one of the two.',
	);
	expect(sim.book.requests).toEqual([]);
});

it('says that a required list is empty', async () => {
	const { error } = await run(
		{},
		{ p: null },
		{
			specifyPrompts: 'json',
			promptsJson: '={{ $json.p }}',
		},
	);
	expect(error?.message).toContain(
		'Prompts (prompts) is empty. Give a list of at least 1 (Prompt)',
	);
	expect(sim.book.requests).toEqual([]);
});
