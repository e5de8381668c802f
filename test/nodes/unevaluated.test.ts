/** Expressions that nobody evaluated are not paid for; a template that comes with the data is somebody's own text. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runVideo, videoParameters } from '../support/videoNode';
import { unevaluatedIn } from '../../nodes/TextToVideo/submit/unevaluated';
import { providerById } from '../../providers/registry';
import { fieldsOf } from '../../providers/schema/fields';

let sim: Simulator;
beforeEach(async () => (sim = await startSimulator()));
afterEach(async () => await sim.close());

const run = async (parameters: object, json: object = {}, provider = 'modelslabV7') =>
	await runVideo(sim, {
		provider,
		items: [{ json: { prompt: 'A boat', ...json } as never }],
		parameters: { ...videoParameters(provider), whenSubmitted: 'return', ...parameters },
	});
const sent = () => sim.book.of('submit').map(({ body }) => body as Record<string, unknown>);

describe('in a field of plain text', () => {
	it.each([['{{ $json.prompt }}'], ['A {{ user.name }} here'], ['{{\n$json\n}}']])(
		'%j is refused',
		async (prompt) => {
			const { error } = await run({ prompt });
			expect(error?.message).toBe(
				`Prompt (prompt) is ${JSON.stringify(prompt)}, an expression that was not evaluated. Switch the field to Expression, or remove the {{ }}.`,
			);
			expect(sim.book.requests).toEqual([]);
		},
	);

	it('inside JSON it is refused too', async () => {
		const { error } = await run({
			additionalFields: { extra_parameters: '{"image": "{{ $json.image }}"}' },
		});
		expect(error?.message).toContain('an expression that was not evaluated');
		expect(sim.book.requests).toEqual([]);
	});

	it('and inside the items of a list, by its name', async () => {
		const { error } = await run(
			{ prompts: { items: [{ frames: 16, prompt: 'a {{ $json.p }}' }] } },
			{},
			'novita',
		);
		expect(error?.message).toContain(
			'Prompts 1, Prompt (prompts.0.prompt) is "a {{ $json.p }}", an expression that was not evaluated.',
		);
		expect(sim.book.requests).toEqual([]);
	});
});

describe('in what comes with the data', () => {
	it('a template is sent as it is in an additional field too', async () => {
		const additionalFields = { negative_prompt: '={{ $json.not }}' };
		const { error } = await run({ additionalFields }, { not: 'a {{red|blue}} bird' });
		expect(error).toBeUndefined();
		expect(sent()).toMatchObject([{ negative_prompt: 'a {{red|blue}} bird' }]);
	});

	it.each([['Hello {{ user.name }}'], ['a {{red|blue}} bird'], ['{{char}} waves'], ['{{}}']])(
		'%j is sent as it is',
		async (prompt) => {
			const { error } = await run({}, { prompt });
			expect(error).toBeUndefined();
			expect(sent()).toMatchObject([{ prompt }]);
		},
	);

	it('a template in a list as JSON is sent as it is', async () => {
		const p = [{ prompt: '{{ user.name }} at dusk', frames: 16 }];
		const { error } = await run(
			{ specifyPrompts: 'json', promptsJson: '={{ $json.p }}' },
			{ p },
			'novita',
		);
		expect(error).toBeUndefined();
		expect(sent()).toMatchObject([{ prompts: p }]);
	});

	it.each([
		['{{ $json.prompt }}'],
		["A {{ $('Table').item.json.title }}"],
		['{{ $now.toISO() }}'],
		['{{ $env.SECRET }}'],
		['{{ JSON.stringify($input.all()) }}'],
	])('%j names n8n’s own variables and is refused', async (prompt) => {
		const { error } = await run({}, { prompt });
		expect(error?.message).toContain(
			'an expression that was not evaluated. It came with the data: let the step before evaluate it, or remove the {{ }}.',
		);
		expect(sim.book.requests).toEqual([]);
	});
});

describe('told of a field, one sentence each', () => {
	const fieldOf = (provider: string, name: string) =>
		fieldsOf(providerById(provider).request).find((field) => field.name === name)!;
	const prompt = fieldOf('localGpu', 'prompt');
	const prompts = fieldOf('novita', 'prompts');

	it.each<[unknown, unknown, number]>([
		['A boat', 'A boat', 0],
		['A {{ x }}', 'A {{ x }}', 1],
		['A {{ x }}', '={{ $json.p }}', 0],
		['A {{ $json.x }}', '={{ $json.p }}', 1],
		['A {{ $JSON.x }}', '={{ $json.p }}', 1],
		['A {{ $jsonish }}', '={{ $json.p }}', 1],
		['costs {{ 5$ }}', '={{ $json.p }}', 0],
		[{ a: '{{ x }}' }, undefined, 1],
		[{ a: 'x' }, undefined, 0],
		[null, undefined, 0],
		[undefined, '{{ x }}', 0],
		[7, '={{ 7 }}', 0],
	])('%j, written %j: %i', (value, written, count) => {
		expect(unevaluatedIn(prompt, value, written)).toHaveLength(count);
	});

	it('leaves an object that leads back to itself to the check of its field', () => {
		const req: Record<string, unknown> = { url: '{{ x }}' };
		req.self = req;
		expect(unevaluatedIn(prompt, req, '={{ $json.req }}')).toStrictEqual([]);
	});

	it('names the item of a list, from one on, and the member', () => {
		const value = [{ prompt: 'A', frames: 16 }, null, 'odd', { prompt: '{{ x }}', frames: 16 }];
		expect(unevaluatedIn(prompts, value, value)).toStrictEqual([
			'Prompts 4, Prompt (prompts.3.prompt) is "{{ x }}", an expression that was not evaluated. Switch the field to Expression, or remove the {{ }}.',
		]);
		// As JSON it is written as a whole.
		expect(unevaluatedIn(prompts, value, '={{ $json.p }}')).toStrictEqual([]);
		expect(
			unevaluatedIn(prompts, '[{"prompt": "{{ x }}"}]', '[{"prompt": "{{ x }}"}]'),
		).toHaveLength(1);
	});

	it('goes by how each member is written', () => {
		const value = [{ prompt: '{{ x }}' }, { prompt: '{{ y }}' }];
		const written = [{ prompt: '={{ $json.p }}' }, { prompt: '{{ y }}' }];
		expect(unevaluatedIn(prompts, value, written)).toMatchObject([
			expect.stringContaining('prompts.1'),
		]);
		expect(unevaluatedIn(prompts, value, [null])).toHaveLength(2);
	});
});
