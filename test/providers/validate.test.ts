/** What a person reads of a bad request: each fault once, by the field's title and place, whole or cut where too long. */
import { describe, expect, it } from 'vitest';
import type { Provider, RuleIssue } from '../../providers/contract';
import type { Field } from '../../providers/schema/fields';
import { requestOf } from '../../providers/schema/requestOf';
import { issueText, shown, validate } from '../../providers/schema/validate';

const field = (name: string, more: Partial<Field> = {}): Field => ({
	...{ name, title: `The ${name}`, help: '', type: 'text', required: false },
	...more,
});
const rules = (): RuleIssue[] => [
	{ field: 'a', value: 7, allowed: 'at most 5 here' },
	{ field: 'other', value: undefined, allowed: 'it is needed' },
];
const providerOf = (fields: Field[], more: object = {}) =>
	({
		title: 'Clouds',
		account: { cloud: true, authentication: { kind: 'bearer' } },
		request: requestOf(fields),
		...more,
	}) as unknown as Provider;
const issuesOf = (
	fields: Field[],
	raw: Record<string, unknown>,
	more: object = {},
	baseUrl = 'https://api.clouds.acme.io',
): string[] =>
	validate(providerOf(fields, more), raw, baseUrl).issues.map(({ message }) => message);

const image = field('image', { media: { kind: 'image', accepts: ['url'] } });
const numbers = {
	type: 'list' as const,
	plain: true,
	items: [field('value', { type: 'integer' })],
};
const objects = { type: 'list' as const, items: [field('n', { type: 'integer', minimum: 1 })] };
const NUMBER = 'Give a whole number';

describe('a fault is told by its place', () => {
	it.each([
		[
			[field('a', { type: 'integer' })],
			{ a: 'x' },
			`The a (a) is "x", which is not allowed. ${NUMBER}.`,
		],
		[
			[field('a', numbers)],
			{ a: [1, 'x'] },
			`The a 2 (a.1) is "x", which is not allowed. ${NUMBER}.`,
		],
		[
			[field('a', objects)],
			{ a: [{ n: 1 }, { n: 0 }] },
			`The a 2, The n (a.1.n) is 0, which is not allowed. ${NUMBER}, 1 or more.`,
		],
		[
			[field('a', objects)],
			{ a: ['x'] },
			'The a 1 (a.0) is "x", which is not allowed. Give an object with n.',
		],
		[
			[field('a', objects)],
			{ a: [{ n: 1, m: 2, o: 3 }] },
			'The a 1 (a.0) has no field m, o. The fields are: n.',
		],
		[
			[field('a', objects)],
			{ a: [{ n: 1, m: 2 }] },
			'The a 1 (a.0) has no field m. The fields are: n.',
		],
		[[field('a', { required: true })], {}, 'The a (a) is empty. Give text.'],
		[
			[field('a', { pattern: '^a+$', minLength: 2, maxLength: 3 })],
			{ a: 'b' },
			'The a (a) is "b", which is not allowed. Give text of 2 to 3 characters.',
		],
		[[field('a')], { b: 1, c: undefined }, 'There is no field b. The fields are: a.'],
		[
			[field('a')],
			{ a: new Date(0) },
			'The a (a) is "1970-01-01T00:00:00.000Z", which is a date and time, not text. Give text.',
		],
		[[field('a')], { a: [1] }, 'The a (a) is [1], which is a list, not text. Give text.'],
		[[field('a')], { a: {} }, 'The a (a) is {}, which is an object, not text. Give text.'],
		[[field('a')], { a: false }, 'The a (a) is false, which is not text. Give text.'],
		[
			[field('a')],
			{ a: { toISO: () => '2026-01-01' } },
			'The a (a) is {}, which is a date and time, not text. Give text.',
		],
	] as Array<[Field[], Record<string, unknown>, string]>)('%#', (fields, raw, message) => {
		expect(issuesOf(fields, raw)).toEqual([message]);
	});

	it('in free JSON, by the names there', () => {
		const raw = { a: { deep: { n: Infinity } } };
		expect(issuesOf([field('a', { type: 'json' })], raw)).toEqual([
			'The a, deep is {"n":null}, which is not known.',
		]);
	});

	it('of a model, by its title', () => {
		const model = { title: 'Nimbus 2' };
		expect(issuesOf([field('a')], { b: 1 }, { model })).toEqual([
			'There is no field b. The fields of Nimbus 2 are: a.',
		]);
	});

	it('together with all others', () => {
		const issues = [
			{ field: 'a', message: 'One.' },
			{ field: 'b', message: 'Two.' },
		];
		expect(issueText(issues)).toBe('One.\nTwo.');
	});
});

describe('rules over several fields', () => {
	it('are told by the title of the field, where it has one', () => {
		expect(issuesOf([field('a', { type: 'integer' })], { a: 7 }, { rules })).toEqual([
			'The a (a) is 7, which is not allowed: at most 5 here.',
			'other (other) is empty, which is not allowed: it is needed.',
		]);
	});

	it('are held against good values only', () => {
		expect(issuesOf([field('a', { type: 'integer' })], { a: 'x' }, { rules })).toHaveLength(1);
	});

	it('that are all kept leave the values as they are meant', () => {
		const provider = providerOf([field('a', { type: 'integer' })], { rules: () => [] });
		expect(validate(provider, { a: '7' }, 'https://a.acme.io')).toEqual({
			values: { a: 7 },
			issues: [],
		});
	});
});

describe('a callback address that the provider can not reach', () => {
	const callback = field('hook', { role: 'callback', format: 'uri' });
	const local = 'http://localhost:5678/webhook/x';

	it('is refused for a provider on the internet', () => {
		expect(issuesOf([callback], { hook: local })).toEqual([
			`The hook (hook) is "${local}", an address that only this machine or network can reach. Clouds calls back from the internet: give a public address (a tunnel, or the public address of your server).`,
		]);
		expect(issuesOf([callback], { hook: 'https://n8n.acme.io/x' })).toEqual([]);
		expect(issuesOf([callback], {})).toEqual([]);
	});

	it('is fine for a provider of one’s own, wherever it is: there may be a tunnel', () => {
		const own = { account: { cloud: false } };
		expect(issuesOf([callback], { hook: local }, own, 'http://192.168.1.9:8484')).toEqual([]);
	});

	it('is no matter in another field', () => {
		expect(issuesOf([field('link', { format: 'uri' })], { link: local })).toEqual([]);
	});
});

describe('a picture at an address that the provider can not reach', () => {
	const local = 'http://192.168.1.7/cat.png';
	const told = [
		`The image (image) is "${local}", an address that only this machine or network can reach. Clouds fetches it from the internet: give a public address.`,
	];

	it('is refused for a provider on the internet', () => {
		expect(issuesOf([image], { image: local })).toEqual(told);
		expect(issuesOf([image], { image: 'HTTP://192.168.1.7/cat.png' })).toHaveLength(1);
		expect(issuesOf([image], { image: 'https://cdn.acme.io/cat.png' })).toEqual([]);
	});

	it('is fine for a provider of one’s own, or for one that is played on this machine', () => {
		expect(issuesOf([image], { image: local }, { account: { cloud: false } })).toEqual([]);
		expect(issuesOf([image], { image: local }, {}, 'http://127.0.0.1:8484')).toEqual([]);
		const own = { account: { cloud: false } };
		expect(issuesOf([image], { image: local }, own, 'http://127.0.0.1:8484')).toEqual([]);
	});

	it('is found in a list, and in a list of objects', () => {
		const plain = field('images', { type: 'list', plain: true, items: [image] });
		const shots = field('shots', { type: 'list', items: [field('text'), image] });
		expect(issuesOf([plain], { images: ['https://cdn.acme.io/a.png', local] })).toHaveLength(1);
		expect(issuesOf([shots], { shots: [{ text: 'a' }, { image: local }] })).toHaveLength(1);
		expect(issuesOf([shots], { shots: [{ text: local }] })).toHaveLength(1);
	});

	it('is no matter in a field that takes no files', () => {
		expect(issuesOf([field('a'), image], { a: local })).toEqual([]);
		const texts = field('texts', { type: 'list', items: [field('text')] });
		expect(issuesOf([texts], { texts: [{ text: local }] })).toEqual([]);
	});
});

it('a text that only speaks of an address is none', () => {
	expect(issuesOf([field('a')], { a: 'A screen that shows https://a.acme.io/<name>' })).toEqual([]);
	expect(issuesOf([field('a')], { a: 'HTTPS://a.acme.io/<name>' })).toHaveLength(1);
	expect(
		issuesOf([field('a', { multiline: true })], { a: ' https://a.acme.io/<name>' }),
	).toHaveLength(1);
});

it.each([
	[undefined, 'empty'],
	[null, 'null'],
	[7.5, '7.5'],
	[NaN, 'NaN'],
	[5n, '5'],
	[Symbol('x'), 'Symbol(x)'],
	[true, 'true'],
	['x', '"x"'],
	[{ a: [1] }, '{"a":[1]}'],
	['x'.repeat(78), `"${'x'.repeat(78)}"`],
	['x'.repeat(79), `"${'x'.repeat(79)}…`],
] as Array<[unknown, string]>)('%s is shown as %s', (value, text) => {
	expect(shown(value)).toBe(text);
});

it('what JSON has no form for is refused like anything else', () => {
	expect(issuesOf([field('a')], { a: { n: 5n } })).toEqual([
		'The a (a) is [object Object], which is an object, not text. Give text.',
	]);
});

describe('an object that leads back to itself', () => {
	const req: Record<string, unknown> = { url: '/hook' };
	req.socket = { parser: [{ incoming: req }] };
	const OBJECT = 'a JSON object, such as {"name": "value"}';
	const told = (allowed: string) =>
		`The a (a) is an object that leads back to itself, as a message's req does. Give ${allowed}.`;

	it.each([
		['a text', field('a'), 'text'],
		['JSON', field('a', { type: 'json' }), OBJECT],
		['a picture', { ...image, name: 'a', title: 'The a' }, 'the web address of a picture'],
	])('is refused where %s is wanted', (_what, wanted, allowed) => {
		expect(issuesOf([wanted], { a: req })).toEqual([told(allowed)]);
		expect(issuesOf([wanted], { a: { deep: [req] } })).toEqual([told(allowed)]);
	});

	it('is refused within a list', () => {
		const [issue] = issuesOf([field('a', objects)], { a: [{ n: 1 }, { n: req }] });
		expect(issue).toContain('The a (a) is an object that leads back to itself');
	});

	it('is not what stands in two places, writes itself as JSON, or holds bytes', () => {
		const same = { x: 1 };
		const self = { toJSON: () => 'written', me: undefined as unknown };
		self.me = self;
		const json = field('a', { type: 'json' });
		expect(issuesOf([json], { a: { both: [same, same], self, none: null } })).toEqual([]);
		expect(issuesOf([json], { a: { bytes: Buffer.alloc(3) } })).toEqual([]);
	});
});
