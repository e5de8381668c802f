/** What stands in the fields, without n8n's wrappings. */
import { describe, expect, it } from 'vitest';
import {
	contextOfItem,
	inputItems,
	itemCount,
	readParameters,
} from '../../nodes/TextToVideo/submit/parameters';
import { providerById } from '../../providers/registry';
import { hookContext } from '../support/hookContext';

const novita = providerById('novita');
const aimlapi = providerById('aimlapi');

/** @param written the parameters as the node holds them, where that is not what they come to */
const read = (provider: typeof novita, parameters: object, written: object = parameters) => {
	const context = hookContext({ parameters: { additionalFields: {}, ...parameters } });
	const node = { ...context.getNode(), parameters: written as never };
	return readParameters(Object.assign(context, { getNode: () => node }), provider);
};
const prompts = (given: object) =>
	read(novita, { specifyPrompts: 'fields', ...given }).values.prompts;
const loras = (additionalFields: object) => read(novita, { additionalFields });
const lora = { model_name: 'ghibli', strength: 0.7 };
const located = { ...lora, model_name: { __rl: true, mode: 'list', value: 'ghibli' } };

describe('a field', () => {
	it('is read from where it stands, and only where it is set', () => {
		const additionalFields = { seed: 7, prompt: 'not this one' };
		const { values, problems } = read(providerById('localGpu'), {
			prompt: 'A boat',
			additionalFields,
		});
		expect(values).toStrictEqual({ prompt: 'A boat', seed: 7 });
		expect(problems).toStrictEqual([]);
		expect(read(providerById('localGpu'), { seed: 7 }).values).toStrictEqual({ prompt: '' });
	});

	it('that was chosen from a list is what was chosen', () => {
		const of = (model_name: unknown) => read(novita, { model_name }).values.model_name;
		expect(of({ __rl: true, mode: 'list', value: 'a.safetensors' })).toBe('a.safetensors');
		expect(of({ __rl: false, value: 'a' })).toStrictEqual({ __rl: false, value: 'a' });
		expect(of('a.safetensors')).toBe('a.safetensors');
	});

	it('that holds an expression as text is told, by what the node holds', () => {
		const text = 'A {{ name }}';
		const typed = read(providerById('localGpu'), { prompt: text });
		expect(typed.problems).toHaveLength(1);
		const fromData = read(providerById('localGpu'), { prompt: text }, { prompt: '={{ $json.p }}' });
		expect(fromData.problems).toStrictEqual([]);
		const more = { additionalFields: { negative_prompt: text } };
		const written = { additionalFields: { negative_prompt: '={{ $json.n }}' } };
		const modelslab = providerById('modelslabV6');
		expect(read(modelslab, { ...more, model_id: 'cogvideox' }).problems).toHaveLength(1);
		expect(read(modelslab, { ...more, model_id: 'cogvideox' }, written).problems).toStrictEqual([]);
		// All of them may come by one expression.
		const whole = { additionalFields: '={{ $json.all }}' };
		expect(read(modelslab, { ...more, model_id: 'cogvideox' }, whole).problems).toStrictEqual([]);
	});
});

describe('a required list', () => {
	const given = [{ prompt: 'A boat', frames: 16 }];

	it('is read from where it is said to be', () => {
		expect(prompts({ prompts: { items: given }, promptsJson: '[1]' })).toStrictEqual(given);
		expect(prompts({ specifyPrompts: 'json', prompts: { items: [1] }, promptsJson: '[2]' })).toBe(
			'[2]',
		);
		expect(prompts({ specifyPrompts: 'json', promptsJson: given })).toStrictEqual(given);
	});

	it.each([
		[{}, []],
		[{ items: undefined }, []],
		[{ items: [] }, []],
		[{ others: [] }, { others: [] }],
		['odd', 'odd'],
	])('that nobody added to is empty, and what is none stays what it is: %j', (group, values) => {
		expect(prompts({ prompts: group })).toStrictEqual(values);
	});
});

describe('an optional list', () => {
	it('is read from its fields, without the wrappings inside', () => {
		expect(loras({ loras: { items: [located, 'odd'] } }).values.loras).toStrictEqual([lora, 'odd']);
		const unknown = { other: { __rl: true, value: 'x' } };
		expect(loras({ loras: { items: [unknown] } }).values.loras).toStrictEqual([{ other: 'x' }]);
	});

	it.each([undefined, null, '', ' ', '[]', ' [ ] ', 'null', '""', '" "', []])(
		'is read from its fields where its JSON is %j',
		(lorasJson) => {
			const { values, problems } = loras({ loras: { items: [lora] }, lorasJson });
			expect(values.loras).toStrictEqual([lora]);
			expect(problems).toStrictEqual([]);
		},
	);

	it.each(['x', '[1]', 'x null', 'nulls', '[] x', [1], 7])(
		'is its JSON where that is %j',
		(lorasJson) => {
			expect(loras({ lorasJson })).toStrictEqual({
				values: expect.objectContaining({ loras: lorasJson }) as unknown,
				problems: [],
			});
			expect(loras({ loras: {}, lorasJson }).problems).toStrictEqual([]);
		},
	);

	it('is not given twice', () => {
		expect(loras({ loras: { items: [lora] }, lorasJson: '[1]' }).problems).toStrictEqual([
			'LoRAs is set twice: by its fields and by LoRAs (JSON). Remove one of the two.',
		]);
	});

	it('is left out where nobody touched it', () => {
		expect(loras({}).values).not.toHaveProperty('loras');
	});
});

describe('fields of another model', () => {
	const of = (additionalFields: object, model: unknown = 'pixverse/v5/text-to-video') =>
		read(aimlapi, { model, prompt: 'A boat', additionalFields }).values;

	it('are told to who validates, and not dropped', () => {
		expect(of({ nobody_has_this: 1 })).toMatchObject({ nobody_has_this: 1 });
		expect(
			of({ nobody_has_this: 1 }, { __rl: true, value: 'pixverse/v5/text-to-video' }),
		).toMatchObject({
			nobody_has_this: 1,
		});
	});

	it('are nothing where nothing is in them', () => {
		for (const empty of [undefined, null, '', '[]', []])
			expect(of({ nobody_has_this: empty })).not.toHaveProperty('nobody_has_this');
	});

	it('are not asked about where there are no models', () => {
		expect(read(novita, { additionalFields: { odd: 1 } }).values).not.toHaveProperty('odd');
	});
});

describe('the items', () => {
	const items = [{ json: { a: 1 } }, { json: { a: 2 } }];

	it('are all of them; the first alone where the node runs once, or is a tool', () => {
		expect(itemCount(hookContext({ items }))).toBe(2);
		expect(itemCount(hookContext({ items, node: { executeOnce: true } }))).toBe(1);
		expect(itemCount(hookContext({ items, node: { executeOnce: false } }))).toBe(2);
		expect(itemCount(hookContext({ items, type: 'text-to-video.textToVideoTool' }))).toBe(1);
		expect(itemCount(hookContext({ items: [], node: { executeOnce: true } }))).toBe(0);
	});

	it('come by whatever connection there is, and as one empty item where there is none', () => {
		const by = (data: object) =>
			inputItems(Object.assign(hookContext(), { getExecuteData: () => ({ data }) }) as never);
		expect(by({ main: [items, []] })).toBe(items);
		expect(by({ ai_tool: [items] })).toBe(items);
		expect(by({ main: [null] })).toStrictEqual([{ json: {} }]);
		expect(by({})).toStrictEqual([{ json: {} }]);
	});

	it('are each seen from a context of its own', () => {
		const context = hookContext({ items });
		const second = contextOfItem(context, 1);
		expect(second.getInputData()).toBe(items[1]);
		expect(second.getItemIndex()).toBe(1);
		expect(context.getItemIndex()).toBe(0);
	});
});
