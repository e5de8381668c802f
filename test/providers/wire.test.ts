/** What goes on the wire for the values of fields, and which values a body stands for: a wrong one is paid for. */
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue, Provider, RequestValues } from '../../providers/contract';
import type { Field } from '../../providers/schema/fields';
import { requestOf } from '../../providers/schema/requestOf';
import {
	buildRequest,
	getPath,
	isNumeric,
	isObject,
	readRequest,
	wirePath,
} from '../../providers/schema/wire';

const field = (name: string, more: Partial<Field> = {}): Field => ({
	...{ name, title: name, help: '', type: 'text', required: false },
	...more,
});
const providerOf = (...fields: Field[]) =>
	({
		submitCall: { method: 'POST', url: '/make' },
		request: requestOf(fields),
	}) as unknown as Provider;
const bodyOf = (fields: Field[], values: RequestValues): JsonObject =>
	buildRequest(providerOf(...fields), values).body;
const valuesIn = (fields: Field[], body: unknown): RequestValues =>
	readRequest(providerOf(...fields), body);

const PNG = 'data:image/png;base64,AAAA';
const inline = { inlineData: { mimeType: '{mimeType}', data: '{base64}' } };

describe('a value and what stands for it on the wire', () => {
	it.each([
		['its own name', [field('a')], { a: 'x' }, { a: 'x' }],
		['another name', [field('a', { wire: 'b' })], { a: 'x' }, { b: 'x' }],
		['a place in an object', [field('a', { wire: 'b.c.d' })], { a: 'x' }, { b: { c: { d: 'x' } } }],
		[
			'two places in one object',
			[field('a', { wire: 'o.a' }), field('b', { wire: 'o.b' })],
			{ a: 'x', b: 'y' },
			{ o: { a: 'x', b: 'y' } },
		],
		['a place in a list', [field('a', { wire: 'l[0].a' })], { a: 'x' }, { l: [{ a: 'x' }] }],
		[
			'two places in one item of a list',
			[field('a', { wire: 'l[0].a' }), field('b', { wire: 'l[0].b' })],
			{ a: 'x', b: 'y' },
			{ l: [{ a: 'x', b: 'y' }] },
		],
		['a list in a list', [field('a', { wire: 'l[0][0]' })], { a: 'x' }, { l: [['x']] }],
		['a name with digits', [field('a', { wire: 'a2.3d' })], { a: 'x' }, { a2: { '3d': 'x' } }],
		['a number as text', [field('a', { type: 'integer', as: 'string' })], { a: 512 }, { a: '512' }],
		['a number', [field('a', { type: 'integer' })], { a: 512 }, { a: 512 }],
		['yes', [field('a', { type: 'boolean', as: 'yesNo' })], { a: true }, { a: 'yes' }],
		['no', [field('a', { type: 'boolean', as: 'yesNo' })], { a: false }, { a: 'no' }],
		['false', [field('a', { type: 'boolean' })], { a: false }, { a: false }],
		['zero and nothing', [field('a', { type: 'integer' }), field('b')], { a: 0 }, { a: 0 }],
		[
			'a list of plain values',
			[field('a', { type: 'list', plain: true, items: [field('value')] })],
			{ a: ['x', 'y'] },
			{ a: ['x', 'y'] },
		],
		[
			'a list of objects under other names',
			[
				field('a', {
					type: 'list',
					items: [
						field('n', { type: 'integer', as: 'string', wire: 'deep.n' }),
						field('on', { type: 'boolean', as: 'yesNo' }),
					],
				}),
			],
			{ a: [{ n: 1, on: true }, { on: false }] },
			{ a: [{ deep: { n: '1' }, on: 'yes' }, { on: 'no' }] },
		],
		[
			'a part with the value in it',
			[field('a', { part: { type: 'text', text: '{value}' } })],
			{ a: 'x' },
			{ a: { type: 'text', text: 'x' } },
		],
		[
			'a part with a file in it',
			[field('a', { part: inline })],
			{ a: PNG },
			{
				a: { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
			},
		],
		[
			'parts added to one list',
			[
				field('a', { wire: 'parts[]', part: { text: '{value}' } }),
				field('b', {
					...{ wire: 'parts[]', type: 'list', plain: true },
					...{ items: [field('value')], part: { image: { url: '{value}' } } },
				}),
				field('c', { wire: 'parts[]', part: { kind: 'c', is: '{value}' } }),
			],
			{ a: 'x', b: ['y', 'z'], c: 'w' },
			{
				parts: [
					{ text: 'x' },
					{ image: { url: 'y' } },
					{ image: { url: 'z' } },
					{ kind: 'c', is: 'w' },
				],
			},
		],
	] as Array<[string, Field[], RequestValues, JsonObject]>)(
		'%s, both ways',
		(_what, fields, values, body) => {
			expect(bodyOf(fields, values)).toStrictEqual(body);
			expect(valuesIn(fields, body)).toStrictEqual(values);
		},
	);

	it.each([
		[
			'a list of parts',
			[
				field('a', {
					type: 'list',
					plain: true,
					items: [field('value')],
					part: { url: '{value}' },
				}),
			],
			{ a: ['x'] },
			{ a: [{ url: 'x' }] },
		],
		[
			'what belongs to the value',
			[field('a', { with: { kind: 1, 'o.b': 2 } })],
			{ a: 'x' },
			{
				...{ a: 'x', kind: 1, o: { b: 2 } },
			},
		],
		['nothing for what is not sent', [field('a', { unsent: true }), field('b')], { a: 'x' }, {}],
		[
			'the members of free JSON beside the others',
			[field('a', { type: 'json', spread: true }), field('b')],
			{ a: { x: 1, y: [2] }, b: 'z' },
			{ x: 1, y: [2], b: 'z' },
		],
		['free JSON of its own', [field('a', { type: 'json' })], { a: { x: 1 } }, { a: { x: 1 } }],
		[
			'an address in a part for files',
			[field('a', { part: inline })],
			{ a: 'https://a.acme.io/x.png' },
			{ a: { inlineData: { mimeType: '', data: 'https://a.acme.io/x.png' } } },
		],
		[
			'a value that is a part of an object of a list',
			[field('a', { part: ['{value}', { type: 'x', n: 7 }] })],
			{ a: true },
			{ a: [true, { type: 'x', n: 7 }] },
		],
		[
			'an object where a text stood in the way',
			[field('a', { wire: 'o' }), field('b', { wire: 'o.b' })],
			{ a: 'x', b: 'y' },
			{ o: { b: 'y' } },
		],
		[
			'a list where an object stood in the way',
			[field('a', { wire: 'o.a' }), field('b', { wire: 'o[0]' })],
			{ a: 'x', b: 'y' },
			{ o: ['y'] },
		],
	] as Array<[string, Field[], RequestValues, JsonObject]>)('%s', (_what, fields, values, body) => {
		expect(bodyOf(fields, values)).toStrictEqual(body);
	});

	it('is a header where the document has one', () => {
		const provider = providerOf(field('a', { header: 'X-Priority', type: 'integer' }), field('b'));
		expect(buildRequest(provider, { a: 5, b: 'x' })).toStrictEqual({
			...{ method: 'POST', url: '/make', headers: { 'X-Priority': '5' }, body: { b: 'x' } },
		});
	});

	it('goes to the path that the values give', () => {
		const provider = providerOf(field('a', { unsent: true }));
		const url = (values: RequestValues) => `/${String(values.a)}/make`;
		const built = buildRequest({ ...provider, submitCall: { method: 'POST', url } }, { a: 'm' });
		expect(built).toStrictEqual({ method: 'POST', url: '/m/make', headers: {}, body: {} });
	});
});

describe('a body of somebody else', () => {
	const yes = field('a', { type: 'boolean', as: 'yesNo' });
	const text = field('a', { type: 'integer', as: 'string' });
	const list = field('a', { type: 'list', items: [field('n', { wire: 'deep.n' }), field('m')] });
	const parts = (more: Partial<Field> = {}) =>
		field('a', { wire: 'parts[]', part: { type: 'text', text: '{value}' }, ...more });
	it.each([
		['YES for yes', [yes], { a: 'YES' }, { a: true }],
		['No for no', [yes], { a: 'No' }, { a: false }],
		['true for yes', [yes], { a: true }, { a: true }],
		['yes in other words', [yes], { a: 'oh yes' }, { a: 'oh yes' }],
		['more than a yes', [yes], { a: 'yes please' }, { a: 'yes please' }],
		['no in other words', [yes], { a: 'oh no' }, { a: 'oh no' }],
		['more than a no', [yes], { a: 'none' }, { a: 'none' }],
		['yes where text is meant', [field('a')], { a: 'yes' }, { a: 'yes' }],
		['a number itself', [text], { a: 512 }, { a: 512 }],
		['a word for a number', [text], { a: 'wide' }, { a: 'wide' }],
		['a number where text is meant', [field('a')], { a: '7' }, { a: '7' }],
		['nothing', [field('a'), field('b')], { a: null, b: undefined }, {}],
		['members of nobody', [field('a')], { a: 'x', c: 'y' }, { a: 'x' }],
		['what every object has', [field('toString')], {}, {}],
		['no object at all', [field('a')], 'x', {}],
		['a list for an object', [field('a', { wire: 'o.a' })], { o: ['x'] }, {}],
		['an object for a list', [field('a', { wire: 'o[0]' })], { o: { 0: 'x' } }, { a: 'x' }],
		['a text for a list', [list], { a: 'x' }, { a: 'x' }],
		[
			'a list with holes',
			[list],
			{ a: [{ deep: { n: 1 }, m: null }, {}, 'x'] },
			{ a: [{ n: 1 }, {}, {}] },
		],
		[
			'free members for free JSON',
			[field('a', { type: 'json', spread: true })],
			{ a: { x: 1 } },
			{},
		],
		['a member for a header', [field('a', { header: 'X-A' })], { a: 'x' }, {}],
		['a member for what is not sent', [field('a', { unsent: true })], { a: 'x' }, {}],
		['another kind of part', [parts()], { parts: [{ type: 'image', text: 'x' }] }, {}],
		[
			'a part with more in it',
			[parts()],
			{ parts: [{ type: 'text', text: 'x', more: 1 }] },
			{ a: 'x' },
		],
		['a part without its value', [parts()], { parts: [{ type: 'text' }] }, {}],
		['no part', [parts()], { parts: ['x', null, 7] }, {}],
		['no list of parts', [parts()], { parts: { type: 'text', text: 'x' } }, {}],
		[
			'two parts for one value',
			[parts()],
			{
				parts: [
					{ type: 'text', text: 'x' },
					{ type: 'text', text: 'y' },
				],
			},
			{ a: 'x' },
		],
		[
			'a list of no parts',
			[parts({ type: 'list', plain: true, items: [field('value')] })],
			{ parts: [] },
			{},
		],
		[
			'a list of one part',
			[parts({ type: 'list', plain: true, items: [field('value')] })],
			{ parts: [{ type: 'text', text: 'x' }] },
			{ a: ['x'] },
		],
		['a bare value for a part', [field('a', { part: inline })], { a: 'x' }, { a: 'x' }],
		[
			'a part with the marks of another',
			[field('a', { part: { x: 'a {value}', y: '{value} b', z: '{value}' } })],
			{ a: { x: 'a {value}', y: '{value} b', z: 'x' } },
			{ a: 'x' },
		],
		[
			'a part with other text where marks are none',
			[field('a', { part: { x: 'a {value}', z: '{value}' } })],
			{ a: { x: 'a x', z: 'x' } },
			{ a: { x: 'a x', z: 'x' } },
		],
		[
			'a part with other text behind what is no mark',
			[field('a', { part: { x: '{value} a', z: '{value}' } })],
			{ a: { x: 'x a', z: 'x' } },
			{ a: { x: 'x a', z: 'x' } },
		],
	] as Array<[string, Field[], unknown, RequestValues]>)(
		'may have %s',
		(_what, fields, body, values) => {
			expect(valuesIn(fields, body)).toStrictEqual(values);
		},
	);
});

describe('a path', () => {
	it.each([
		[{ a: { b: 1 } }, 'a.b', 1],
		[{ a: [{ b: 1 }, { b: 2 }] }, 'a[1].b', 2],
		[{ a: [] }, 'a[0]', undefined],
		[{ a: 'x' }, 'a.length', undefined],
		[{ a: ['x'] }, 'a.length', undefined],
		[{ a: null }, 'a.b', undefined],
		[null, 'a', undefined],
		[{}, 'constructor', undefined],
		[{ 7: 'x' }, '7', 'x'],
		[{ '7a': 'x' }, '7a', 'x'],
		[{ a7: 'x' }, 'a7', 'x'],
		[{ a: ['x'] }, 'a[0a]', undefined],
	] as Array<[unknown, string, JsonValue | undefined]>)(
		'in %j by %s is %j',
		(source, path, value) => {
			expect(getPath(source, path)).toBe(value);
		},
	);

	it('of a field is its name, where it has no other', () => {
		expect([wirePath(field('a')), wirePath(field('a', { wire: 'b.c' }))]).toEqual(['a', 'b.c']);
	});
});

it.each([
	['7', true],
	[' -7.5e3 ', true],
	['', false],
	[' ', false],
	['7px', false],
	['Infinity', false],
])('"%s" is a number: %s', (text, expected) => {
	expect(isNumeric(text)).toBe(expected);
});

it('an object is no list, and not nothing', () => {
	expect([{}, { a: 1 }].every(isObject)).toBe(true);
	expect([null, undefined, [], 'x', 7].some(isObject)).toBe(false);
});
