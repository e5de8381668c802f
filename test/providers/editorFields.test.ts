/** The fields that an editor shows: read out of a schema, put in order, and described in words. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod/v4';
import {
	allowedPhrase,
	editorOrder,
	fieldMeta,
	fieldsOf,
	isMainField,
	memberNames,
	rememberFields,
	takesFile,
	type Field,
	type FieldMeta,
} from '../../providers/schema/fields';

const words = { title: 'Title', help: 'Help.' };
const told = <T extends z.ZodType>(schema: T, more: Partial<FieldMeta> = {}): T => {
	fieldMeta.add(schema, { ...words, ...more });
	return schema;
};
const only = (schema: z.ZodType): Field => fieldsOf(z.strictObject({ name: schema }))[0]!;
const field = (more: Partial<Field>): Field => ({
	...{ ...words, name: 'name', type: 'text', required: false },
	...more,
});

describe('a schema', () => {
	it.each([
		['any text', z.string(), { type: 'text' }],
		['text that is not empty', z.string().min(1), { type: 'text', minLength: 1 }],
		['short text', z.string().max(9), { type: 'text', maxLength: 9 }],
		['text of a form', z.string().regex(/^a+$/), { type: 'text', pattern: '^a+$' }],
		['an address', z.url(), { type: 'text', format: 'uri' }],
		[
			'an address of a length',
			z.string().min(2).max(9).url(),
			{ type: 'text', minLength: 2, maxLength: 9, format: 'uri' },
		],
		['a whole number', z.int(), { type: 'integer' }],
		['a number made whole', z.number().int().min(0), { type: 'integer', minimum: 0 }],
		[
			'a whole number of a range',
			z.int().min(1).max(9),
			{ type: 'integer', minimum: 1, maximum: 9 },
		],
		['a number', z.number().min(0.5), { type: 'number', minimum: 0.5 }],
		['a number with an end', z.number().max(2), { type: 'number', maximum: 2 }],
		['a number of 32 bits', z.float32().min(0).max(1), { type: 'number', minimum: 0, maximum: 1 }],
		['yes or no', z.boolean(), { type: 'boolean' }],
		['one of a few', z.enum(['a', 'b']), { type: 'choice', choices: ['a', 'b'] }],
		['one of a few numbers', z.literal([5, 8]), { type: 'choice', choices: [5, 8] }],
	] as Array<[string, z.ZodType, object]>)(
		'for %s is a field with its limits',
		(_what, schema, own) => {
			expect(only(told(schema))).toStrictEqual({ ...words, ...own, name: 'name', required: true });
		},
	);

	it('for a list is a field with those of its items', () => {
		const item = z.strictObject({
			frames: told(z.int().min(8)),
			prompt: told(z.string()).optional(),
		});
		const items = [
			{ ...words, name: 'frames', type: 'integer', minimum: 8, required: true },
			{ ...words, name: 'prompt', type: 'text', required: false },
		];
		const list = { ...words, name: 'name', type: 'list', items };
		expect(only(told(z.array(item).min(1).max(3)))).toStrictEqual({
			...{ ...list, required: true, minItems: 1, maxItems: 3 },
		});
		expect(only(told(z.array(item)).optional())).toStrictEqual({ ...list, required: false });
	});

	it('for JSON is a field for it, with all its words', () => {
		const json = told(z.record(z.string(), z.json()), { json: true, spread: true });
		expect(only(json.optional())).toStrictEqual({
			...{ ...words, name: 'name', type: 'json', json: true, spread: true, required: false },
		});
	});

	it.each([
		['has no words', () => only(z.string()), 'Field name has no title or help'],
		[
			'no editor could show',
			() => only(told(z.date())),
			'Field name has a type that no editor shows: date',
		],
		[
			'is a list of anything but objects',
			() => only(told(z.array(z.string()))),
			'The items of name are not objects',
		],
		[
			'is another field’s',
			() => {
				const shared = told(z.string());
				return told(shared, { title: 'Other' });
			},
			'Two fields share one schema: make one for each',
		],
	])('that %s is refused as the package is loaded', (_what, make, message) => {
		expect(make).toThrow(message);
	});

	it('is read once, and not at all where its fields are known', () => {
		const request = z.strictObject({ name: told(z.string()) });
		expect(fieldsOf(request)).toBe(fieldsOf(request));
		const fields = [field({ name: 'other' })];
		const made = z.strictObject({ name: z.string() });
		rememberFields(made, fields);
		expect(fieldsOf(made)).toBe(fields);
	});
});

describe('in an editor', () => {
	it('comes first what to show, then what not to, and last what few people set', () => {
		const inOrder = editorOrder([
			field({ name: 'webhook', role: 'callback' }),
			field({ name: 'width', type: 'integer' }),
			field({ name: 'order_id', role: 'tracking' }),
			field({ name: 'negative_prompt' }),
			field({ name: 'clip_skip', advanced: true }),
			field({ name: 'height', type: 'integer' }),
			field({ name: 'prompt' }),
		]);
		expect(inOrder.map(({ name }) => name)).toEqual([
			...['prompt', 'negative_prompt', 'width', 'height', 'webhook', 'order_id', 'clip_skip'],
		]);
	});

	const prompts = { name: 'prompts', type: 'list' as const, items: [field({ name: 'prompt' })] };
	it.each([
		['a list of prompts that has to be there', { ...prompts, required: true }, true],
		['a list of prompts that may be left out', prompts, false],
		['a text that is a list of nothing', { ...prompts, type: 'text', required: true }, false],
		['a list of something else', { ...prompts, required: true, items: [field({})] }, false],
		['a list of nothing', { name: 'l', type: 'list', required: true }, false],
		['a prompt that is a list', { name: 'prompt', type: 'list' }, false],
		['another text', { name: 'text' }, false],
	] as Array<[string, Partial<Field>, boolean]>)(
		'%s is what to show: %#',
		(_what, one, isFirst) => {
			const [first] = editorOrder([field({ name: 'negative_prompt' }), field(one)]);
			expect(first?.name === one.name).toBe(isFirst);
		},
	);

	it.each([
		[{}, false],
		[{ required: true }, true],
		[{ always: true }, true],
		[{ always: false }, false],
		[{ main: true }, true],
		[{ main: false, required: true, always: true }, false],
	] as Array<[Partial<Field>, boolean]>)('a field that is %j is in sight: %s', (more, isMain) => {
		expect(isMainField(field(more))).toBe(isMain);
	});
});

describe('what is allowed, in words', () => {
	const media = (accepts: string[], kind = 'image') => ({ media: { kind, accepts } });
	it.each([
		[{}, 'text'],
		[{ minLength: 1 }, 'text that is not empty'],
		[{ minLength: 2, maxLength: 9 }, 'text of 2 to 9 characters'],
		[{ minLength: 0, maxLength: 9 }, 'text of 1 to 9 characters'],
		[{ maxLength: 9 }, 'text of 1 to 9 characters'],
		[{ format: 'uri', maxLength: 9 }, 'a full web address that starts with http:// or https://'],
		[{ format: 'uuid' }, 'text'],
		[{ pattern: 'a', placeholder: 'aaa', form: 'three letters' }, 'three letters, such as aaa'],
		[{ pattern: 'a', placeholder: 'aaa' }, 'text such as aaa'],
		[{ pattern: 'a' }, 'text'],
		[{ placeholder: 'aaa' }, 'text'],
		[{ type: 'boolean' }, 'true or false (or yes or no)'],
		[{ type: 'json' }, 'a JSON object, such as {"name": "value"}'],
		[{ type: 'choice', choices: ['a', 'b'] }, 'one of a, b'],
		[{ type: 'choice', choices: [5, 8], open: true }, 'one of 5, 8 (others may work too)'],
		[{ type: 'integer' }, 'a whole number'],
		[{ type: 'number' }, 'a number'],
		[{ type: 'number', minimum: 0.5 }, 'a number, 0.5 or more'],
		[{ type: 'integer', maximum: 9 }, 'a whole number, at most 9'],
		[{ type: 'integer', minimum: 0, maximum: 9 }, 'a whole number from 0 to 9'],
		[
			{ type: 'integer', minimum: 1, maximum: 9, step: 4 },
			'a whole number from 1 to 9 in steps of 4',
		],
		[{ type: 'list', plain: true }, 'a list of (item)'],
		[{ type: 'list', plain: true, itemTitle: 'Word' }, 'a list of (Word)'],
		[{ type: 'list', plain: true, minItems: 0 }, 'a list of (item)'],
		[{ type: 'list', plain: true, minItems: 1 }, 'a list of at least 1 (item)'],
		[{ type: 'list', plain: true, maxItems: 5 }, 'a list of at most 5 (item)'],
		[
			{ type: 'list', minItems: 2, maxItems: 5, items: [field({ name: 'a' })] },
			'a list of at least 2 and at most 5 (item), each an object with a',
		],
		[media(['url']), 'the web address of a picture'],
		[media(['data-uri'], 'video'), 'the data URL of a video'],
		[media(['base64'], 'audio'), 'the data URL of a sound file'],
		[
			media(['url', 'data-uri', 'gs-uri', 'asset id']),
			'the web address or the data URL or the gs:// address or the asset ID of a picture',
		],
	] as Array<[Partial<Field>, string]>)('%j is %s', (more, phrase) => {
		expect(allowedPhrase(field(more))).toBe(phrase);
	});

	it.each([
		[undefined, ''],
		[['a'], 'a'],
		[['a', 'b'], 'a and b'],
		[['a', 'b', 'c'], 'a, b and c'],
	])('the members %j are named "%s"', (names, phrase) => {
		const items = names?.map((name) => field({ name }));
		expect(memberNames(field({ type: 'list', ...(items ? { items } : {}) }))).toBe(phrase);
	});

	it.each([
		[['url'], false],
		[['gs-uri', 'asset id'], false],
		[['url', 'base64'], true],
		[['data-uri'], true],
	] as const)('the file itself can be sent where %j is taken: %s', (accepts, expected) => {
		expect(takesFile([...accepts])).toBe(expected);
	});
});
