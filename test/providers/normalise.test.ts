/** What an editor, a table, an expression or a message gave, made plain; what can not be meant stays, to be refused. */
import { expect, it } from 'vitest';
import type { Field } from '../../providers/schema/fields';
import { normalise } from '../../providers/schema/normalise';
import { isBlank, trimmed } from '../../providers/schema/trimmed';

const field = (more: Partial<Field>): Field => ({
	...{ name: 'a', title: 'A', help: '', type: 'text', required: false },
	...more,
});
const made = (more: Partial<Field>, raw: unknown): unknown =>
	normalise([field(more)], { a: raw }).a;

const choice = { type: 'choice', choices: ['720p', 'Pro', 'pro', 5] } as const;
const plain = (inner: Partial<Field>): Partial<Field> => ({
	...{ type: 'list', plain: true, items: [field({ name: 'value', ...inner })] },
});
const objects: Partial<Field> = {
	type: 'list',
	items: [
		field({ name: 'n', type: 'integer' }),
		field({ name: 'on', type: 'boolean', always: true, default: true }),
	],
};
const date = new Date(0);

it.each([
	[
		'text',
		{},
		[' x ', 'x'],
		[7, '7'],
		[0, '0'],
		[true, true],
		['\u200Bx\u2060', 'x'],
		['a  b', 'a  b'],
	],
	['text of several lines', { multiline: true }, [' x ', ' x '], [7, '7']],
	[
		'a number',
		{ type: 'number' },
		['7.5', 7.5],
		[' 7 ', 7],
		['\u200B7', 7],
		[7, 7],
		['7px', '7px'],
		[true, true],
	],
	[
		'a whole number',
		{ type: 'integer' },
		['7', 7],
		['0', 0],
		['1e3', 1000],
		['wide', 'wide'],
		[[7], [7]],
	],
	...['yes', 'YES', ' true ', 'True', '1', 1].map((raw) => [
		'yes',
		{ type: 'boolean' },
		[raw, true],
	]),
	...['no', 'NO', ' false ', 'False', '0', 0].map((raw) => [
		'no',
		{ type: 'boolean' },
		[raw, false],
	]),
	[
		'yes or no',
		{ type: 'boolean' },
		[true, true],
		[false, false],
		['maybe', 'maybe'],
		[2, 2],
		[[], []],
	],
	[
		'a choice',
		choice,
		...[
			['720p', '720p'],
			[' 720P ', '720p'],
			['5', 5],
			[5, 5],
			['Pro', 'Pro'],
			['pro', 'pro'],
			['PRO', 'PRO'],
		],
		...[
			['4k', '4k'],
			[true, true],
			[[], []],
		],
	],
	['a choice of none', { type: 'choice' }, ['x', 'x']],
	[
		'JSON',
		{ type: 'json' },
		...[
			['{"a": 1}', { a: 1 }],
			[' {"a": [1]}\u200B', { a: [1] }],
			['{"a": ', '{"a": '],
			['null', undefined],
		],
		...[
			['" "', undefined],
			[{ a: { b: undefined, c: '' } }, { a: { c: '' } }],
			[
				[date, NaN],
				['1970-01-01T00:00:00.000Z', NaN],
			],
		],
		[{ a: null }, { a: null }],
	],
	[
		'JSON of other fields',
		{ type: 'json', spread: true },
		...[
			['{"a": null, "b": " ", "c": 0}', { c: 0 }],
			[[null], [null]],
			[7, 7],
		],
	],
	[
		'a list of texts',
		plain({}),
		...[
			[
				['x', ' y '],
				['x', 'y'],
			],
			['["x"]', ['x']],
			[
				[{ value: 'x' }, { value: '' }, null, 7],
				['x', '7'],
			],
		],
		...[
			[['', null], undefined],
			[[], undefined],
			['[]', undefined],
			['null', undefined],
			['x', 'x'],
			[{ value: 'x' }, { value: 'x' }],
		],
	],
	['a list of one text', plain({}), [['x'], ['x']]],
	[
		'a list of numbers',
		plain({ type: 'integer' }),
		[
			['7', 8, 'x'],
			[7, 8, 'x'],
		],
	],
	[
		'a list of what nobody described',
		{ type: 'list', plain: true },
		[
			['x', ''],
			['x', ''],
		],
	],
	[
		'a list of objects',
		objects,
		...[
			[[{ n: '7', on: 'no' }], [{ n: 7, on: false }]],
			[[{ n: '' }], [{ on: true }]],
			[['x'], ['x']],
		],
		...[
			[[{ m: 'y', n: 1 }], [{ n: 1, on: true, m: 'y' }]],
			['[{"n": "7"}]', [{ n: 7, on: true }]],
		],
	],
	['a list of objects without fields', { type: 'list' }, [[{ m: 1 }], [{ m: 1 }]]],
	...['', ' ', '\u200B', null, undefined].map((raw) => ['nothing', {}, [raw, undefined]]),
	[
		'nothing, where it is always sent',
		{ always: true, default: 'x' },
		['', 'x'],
		['y', 'y'],
		[undefined, 'x'],
	],
	[
		'nothing, where no is always sent',
		{ type: 'boolean', always: true, default: false },
		['', false],
		['yes', true],
	],
	['nothing, where the API has a default', { default: 'x' }, ['', undefined]],
	['nothing, where nothing is known to be sent', { always: true }, ['', undefined]],
] as Array<[string, Partial<Field>, ...Array<[unknown, unknown]>]>)(
	'%s',
	(_what, more, ...rows) => {
		for (const [raw, expected] of rows)
			expect(made(more, raw), JSON.stringify(raw)).toStrictEqual(expected);
	},
);

it('what is not set is not there', () => {
	expect(normalise([field({}), field({ name: 'b' })], { a: '', b: 'x', c: 'y' })).toStrictEqual({
		b: 'x',
	});
});

it('a text is trimmed at both ends, of seen and unseen blanks, and nowhere else', () => {
	for (const blank of [
		' ',
		'\n',
		'\t',
		'\u00A0',
		'\uFEFF',
		'\u200B',
		'\u200E',
		'\u200F',
		'\u2060',
		' \u200B ',
	]) {
		expect(trimmed(`${blank}a${blank}b${blank}`), JSON.stringify(blank)).toBe(`a${blank}b`);
		expect(isBlank(blank)).toBe(true);
	}
	expect([undefined, null, ''].every(isBlank)).toBe(true);
	expect([0, false, [], {}, 'a', ' a'].some(isBlank)).toBe(false);
});
