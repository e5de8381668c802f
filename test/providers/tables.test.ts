/** The field tables of the documents: each kind of field in words, and a table that Markdown can read. */
import { describe, expect, it } from 'vitest';
import type { Provider } from '../../providers/contract';
import type { Field } from '../../providers/schema/fields';
import { requestOf } from '../../providers/schema/requestOf';
import {
	endpointOf,
	fieldRows,
	fieldTable,
	markdownTable,
	range,
} from '../../providers/schema/tables';

const field = (more: Partial<Field> = {}): Field => ({
	...{ name: 'a', title: 'A', help: 'Help | more.', type: 'text', required: false },
	...more,
});
const providerOf = (...fields: Field[]) => ({ request: requestOf(fields) }) as unknown as Provider;
const row = (more: Partial<Field>) => fieldRows(providerOf(field(more)))[0]!;

describe('a field', () => {
	it.each([
		[{ type: 'integer' }, 'whole number'],
		[{ type: 'integer', as: 'string' }, 'whole number (as text)'],
		[{ type: 'number' }, 'number'],
		[{ type: 'number', as: 'string' }, 'number (as text)'],
		[{ type: 'boolean' }, 'true / false'],
		[{ type: 'boolean', as: 'yesNo' }, 'yes / no'],
		[{}, 'text'],
		[{ format: 'uri' }, 'web address'],
		[{ type: 'json' }, 'JSON'],
		[{ type: 'choice', choices: ['x'] }, 'choice'],
		[{ type: 'list' }, 'list'],
	] as Array<[Partial<Field>, string]>)('%j is of the type %s', (more, type) => {
		expect(row(more).type).toBe(type);
	});

	it.each([
		[{}, 'a'],
		[{ wire: 'b.c' }, 'b.c'],
		[{ header: 'X-A' }, 'X-A'],
		[{ unsent: true }, '—'],
		[{ type: 'json', spread: true }, '—'],
	] as Array<[Partial<Field>, string]>)('%j is in the API %s', (more, name) => {
		expect(row(more).name).toBe(name);
	});

	it.each([
		[{}, ''],
		[{ required: true }, 'required'],
		[{ default: 0, type: 'integer' }, '0'],
		[{ default: 'x', required: true }, 'x'],
		[{ default: false, type: 'boolean', always: true }, 'false (always sent)'],
	] as Array<[Partial<Field>, string]>)('%j starts as "%s"', (more, text) => {
		expect(row(more).default).toBe(text);
	});

	it.each([
		[{}, ''],
		[{ minLength: 1 }, ''],
		[{ maxLength: 9 }, 'at most 9 characters'],
		[{ minLength: 1, maxLength: 9 }, '1 to 9 characters'],
		[{ pattern: 'a', placeholder: 'aaa' }, 'such as aaa'],
		[{ pattern: 'a' }, ''],
		[{ placeholder: 'aaa' }, ''],
		[{ type: 'integer' }, ''],
		[{ type: 'integer', minimum: 0 }, '0 or more'],
		[{ type: 'integer', maximum: 9 }, 'at most 9'],
		[{ type: 'integer', minimum: 1, maximum: 9, step: 4 }, '1 to 9 in steps of 4'],
		[{ type: 'list', minItems: 1 }, '1 items or more'],
		[{ type: 'list', minItems: 1, maxItems: 5, minimum: 7 }, '1 to 5 items'],
		[{ type: 'choice', choices: [5, 8] }, '5, 8'],
		[{ type: 'choice', choices: ['x'], open: true }, 'x or other'],
	] as Array<[Partial<Field>, string]>)('%j may be "%s"', (more, text) => {
		expect(range(field(more))).toBe(text);
	});

	it('that is a list is followed by its members', () => {
		const items = [field({ name: 'n' }), field({ name: 'm', wire: 'deep.m' })];
		const rows = fieldRows(providerOf(field({ type: 'list', items }), field({ name: 'b' })));
		expect(rows.map(({ name }) => name)).toEqual(['a', 'a[].n', 'a[].deep.m', 'b']);
	});
});

it('a table has a head, a line below it, and bars inside cells marked as none of its own', () => {
	expect(
		markdownTable([
			['A', 'B'],
			['x|y|z', ''],
		]),
	).toBe('| A | B |\n| --- | --- |\n| x\\|y\\|z |  |');
});

it('a table of fields has their help where it is asked for', () => {
	const provider = providerOf(field({ default: 'x' }), field({ name: 'b', unsent: true }));
	expect(fieldTable(provider)).toBe(
		[
			'| Field | In the API | Type | Range | Default |',
			'| --- | --- | --- | --- | --- |',
			'| A | `a` | text |  | x |',
			'| A | — | text |  |  |',
		].join('\n'),
	);
	const [head, , first] = fieldTable(provider, { help: true }).split('\n');
	expect(head).toBe('| Field | In the API | Type | Range | Default | What it does |');
	expect(first).toBe('| A | `a` | text |  | x | Help \\| more. |');
});

it.each([
	['/v1/videos', 'POST /v1/videos'],
	[() => '/v1/%7Bmodel%7D', 'POST /v1/{model}'],
])('the endpoint %s is told as %s', (url, text) => {
	expect(endpointOf({ submitCall: { method: 'POST', url } } as unknown as Provider)).toBe(text);
});
