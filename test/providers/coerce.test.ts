/** What a member of a reply is taken for: providers send numbers as text, "" for nothing, and objects in their place. */
import { describe, expect, it } from 'vitest';
import {
	finiteNumber,
	idOf,
	isHttpUrl,
	isoTime,
	lookUp,
	nonEmptyString,
	positive,
} from '../../providers/replies/coerce';

const NOTHING = [undefined, null, '', ' ', {}, [], true, NaN, Infinity, 'NaN', 'Infinity'];

it.each([
	['a number', finiteNumber, [0, 0], [-1.5, -1.5], ['7', 7], [' 7.5 ', 7.5], ['soon', undefined]],
	[
		'an estimate',
		positive,
		[7, 7],
		['0.1', 0.1],
		[0, undefined],
		[-1, undefined],
		['0', undefined],
	],
] as Array<[string, (value: unknown) => unknown, ...Array<[unknown, unknown]>]>)(
	'%s is read where it is one',
	(_what, read, ...rows) => {
		for (const [value, expected] of rows) expect(read(value), String(value)).toBe(expected);
		for (const value of NOTHING) expect(read(value), String(value)).toBeUndefined();
	},
);

it('a text is one where it says anything', () => {
	expect(nonEmptyString(' a ')).toBe(' a ');
	for (const value of ['', '  ', 7, null, undefined, {}])
		expect(nonEmptyString(value)).toBeUndefined();
});

it('a job id is a number or a text that is there', () => {
	expect([idOf(0), idOf(7), idOf('7'), idOf('a-b')]).toEqual(['0', '7', '7', 'a-b']);
	for (const value of [NaN, Infinity, '', ' ', null, undefined, {}, [7], true])
		expect(idOf(value)).toBeUndefined();
});

it('a word is looked up in any case, and nothing that is not in the table', () => {
	const table = { done: 1, TASK_STATUS_FAILED: 2 };
	expect(lookUp(table, 'done')).toBe(1);
	expect(lookUp(table, 'DONE')).toBe(1);
	expect(lookUp(table, 'TASK_STATUS_FAILED')).toBe(2);
	for (const word of ['task_status_failed', 'toString', 'constructor', '', 7, null])
		expect(lookUp(table, word)).toBeUndefined();
});

describe('a result', () => {
	it.each(['https://cdn.acme.io/a.mp4', 'HTTP://cdn.acme.io/a.mp4?x=1#t'])('can be %s', (url) => {
		expect(isHttpUrl(url)).toBe(true);
	});

	it.each([
		...['', 'a.mp4', '/a.mp4', 'ftp://cdn.acme.io/a.mp4', 'https://', 'https://[/a.mp4'],
		...[
			'git+https://cdn.acme.io/a.mp4',
			'see https://cdn.acme.io/a.mp4',
			'https://cdn.acme.io/a.mp4 and more',
			null,
			7,
			{},
		],
	])('is not %j', (value) => {
		expect(isHttpUrl(value)).toBe(false);
	});
});

it.each([
	[0, '1970-01-01T00:00:00.000Z'],
	[-1, '1969-12-31T23:59:59.999Z'],
	[8.64e15, '+275760-09-13T00:00:00.000Z'],
	[8.64e15 + 1, undefined],
	[-8.64e15 - 1, undefined],
	[NaN, undefined],
])('a time of %d is %s', (unixMs, expected) => {
	expect(isoTime(unixMs)).toBe(expected);
});
