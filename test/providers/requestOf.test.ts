/** The schema of a model's fields: what it takes and what it refuses, at both edges of every limit. */
import { expect, it } from 'vitest';
import type { JsonValue } from '../../providers/contract';
import { fieldsOf, type Field } from '../../providers/schema/fields';
import { requestOf } from '../../providers/schema/requestOf';

const field = (more: Partial<Field>): Field => ({
	...{ name: 'a', title: 'A', help: '', type: 'text', required: true },
	...more,
});
const takes = (more: Partial<Field>, value: JsonValue | undefined): boolean =>
	requestOf([field(more)]).safeParse(value === undefined ? {} : { a: value }).success;

const items = [field({ name: 'n', type: 'integer', minimum: 1 })];
const image = { kind: 'image' as const, accepts: ['url' as const] };
it.each([
	['text', {}, ['x', ' '], ['', 7, true, [], {}, null, undefined]],
	['text that may be left out', { required: false }, ['x', undefined], ['', null]],
	['text that may be empty', { minLength: 0 }, ['', 'x'], [7]],
	['text of a length', { minLength: 2, maxLength: 3 }, ['ab', 'abc'], ['a', 'abcd']],
	['short text', { maxLength: 3 }, ['a', 'abc'], ['', 'abcd']],
	['text of a form', { pattern: '^a+$' }, ['a', 'aa'], ['ab', 'ba', '']],
	['a file, however long', { maxLength: 3, media: image }, ['abcd'], ['']],
	[
		'an address',
		{ format: 'uri' },
		['https://a.acme.io/x', 'http://localhost'],
		['a.acme.io', 'ftp://a.acme.io', 'xhttp://a.acme.io', 'httpsx://a.acme.io', ''],
	],
	['a short address', { format: 'uri', maxLength: 10 }, ['http://a.b'], ['http://a.bc', 'x']],
	['yes or no', { type: 'boolean' }, [true, false], ['yes', 1, 0]],
	['JSON', { type: 'json' }, [{}, { a: [1, { b: null }] }], ['x', [], 7]],
	['a choice', { type: 'choice', choices: ['a', 5] }, ['a', 5], ['b', '5', 6]],
	['an open choice', { type: 'choice', choices: ['a'], open: true }, ['a', 'b', 7], ['', true]],
	['a number', { type: 'number' }, [0.5, -7], ['7', true]],
	['a whole number', { type: 'integer' }, [0, -7], [0.5, '7']],
	['a number of a range', { type: 'number', minimum: 1, maximum: 2 }, [1, 1.5, 2], [0.9, 2.1]],
	['a whole number of a range', { type: 'integer', minimum: 1, maximum: 9 }, [1, 9], [0, 10]],
	['a number with a start', { type: 'integer', minimum: 0 }, [0, 999], [-1]],
	['a number with an end', { type: 'integer', maximum: 0 }, [0, -999], [1]],
	[
		'a number in steps from its start',
		{ type: 'integer', minimum: 9, maximum: 257, step: 8 },
		[9, 17, 257],
		[8, 10, 16, 249 + 1],
	],
	['a number in steps from nothing', { type: 'integer', step: 8 }, [0, 8, -16], [1, 9]],
	[
		'a list of texts',
		{ type: 'list', plain: true, items: [field({})] },
		[[], ['x']],
		[[7], [''], 'x'],
	],
	[
		'a list of so many',
		{ type: 'list', plain: true, items: [field({})], minItems: 1, maxItems: 2 },
		[['x'], ['x', 'y']],
		[[], ['x', 'y', 'z']],
	],
	[
		'a list of objects',
		{ type: 'list', items },
		[[], [{ n: 1 }]],
		[[{ n: 0 }], [{}], [{ n: 1, m: 1 }], ['x']],
	],
	['a list of empty objects', { type: 'list' }, [[], [{}]], [[{ n: 1 }]]],
] as Array<[string, Partial<Field>, Array<JsonValue | undefined>, Array<JsonValue | undefined>]>)(
	'%s is taken as what it is',
	(_what, more, good, bad) => {
		expect(good.filter((value) => !takes(more, value))).toEqual([]);
		expect(bad.filter((value) => takes(more, value))).toEqual([]);
	},
);

it('a field of nobody is refused, and the fields are those that were given', () => {
	const fields = [field({}), field({ name: 'b', required: false })];
	const request = requestOf(fields);
	expect(request.safeParse({ a: 'x', c: 'y' }).success).toBe(false);
	expect(request.safeParse({ a: 'x', b: 'y' }).success).toBe(true);
	expect(fieldsOf(request)).toBe(fields);
});
