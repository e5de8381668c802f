/** What the options come to, at both edges of what is allowed. */
import type { INodeProperties } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { submitOptionsProperty } from '../../nodes/shared/options';
import { downloadChoice, readOptions } from '../../nodes/shared/readOptions';

const read = (name: string, value: unknown) =>
	readOptions({ [name]: value }, submitOptionsProperty);

/** A collection with one option of the kind. */
const one = (kind: Partial<INodeProperties>): INodeProperties => ({
	...{ displayName: 'Options', name: 'options', type: 'collection', default: {} },
	options: [{ displayName: 'Own', name: 'own', type: 'string', default: '', ...kind }],
});

describe('a number', () => {
	it.each([
		['parallelJobs', 1, 1],
		['parallelJobs', '2', 2],
		['maximumJobs', ' 3 ', 3],
		['maximumSize', 1, 1],
		['maximumCost', 0, 0],
		['maximumCost', '0.25', 0.25],
		['waitAtMost', 0, 0],
		['waitAtMost', 525_600, 525_600],
		['maximumJobs', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
	])('%s may be %j', (name, value, number) => {
		expect(read(name, value)).toStrictEqual({ options: { [name]: number }, problems: [] });
	});

	it.each<[string, unknown, string]>([
		['parallelJobs', 0, 'Parallel Jobs is 0, which is not allowed. Give a number, 1 or more.'],
		['maximumJobs', 0.5, 'Maximum Jobs is 0.5, which is not allowed. Give a number, 1 or more.'],
		[
			'maximumCost',
			-0.01,
			'Maximum Cost (USD) is -0.01, which is not allowed. Give a number, 0 or more.',
		],
		[
			'waitAtMost',
			525_601,
			'Wait at Most (Minutes) is 525601, which is not allowed. Give a number from 0 to 525600.',
		],
		[
			'maximumSize',
			true,
			'Maximum Size (MiB) is true, which is not allowed. Give a number, 1 or more.',
		],
		[
			'maximumJobs',
			Infinity,
			'Maximum Jobs is Infinity, which is not allowed. Give a number, 1 or more.',
		],
		['maximumJobs', NaN, 'Maximum Jobs is NaN, which is not allowed. Give a number, 1 or more.'],
	])('%s may not be %j', (name, value, problem) => {
		expect(read(name, value)).toStrictEqual({ options: {}, problems: [problem] });
	});

	it('has no other bound than zero where none is declared', () => {
		expect(readOptions({ own: 0 }, one({ type: 'number' })).options).toStrictEqual({ own: 0 });
		expect(readOptions({ own: -1 }, one({ type: 'number' })).problems).toStrictEqual([
			'Own is -1, which is not allowed. Give a number, 0 or more.',
		]);
	});
});

describe('a choice', () => {
	it.each([['run'], [' Run '], ['RUN']])('may be written %j', (value) => {
		expect(read('unpriced', value).options).toStrictEqual({ unpriced: 'run' });
	});

	it('is found by its value, however that is written', () => {
		const options = [{ name: 'First', value: 'Aa' }];
		expect(readOptions({ own: 'aA' }, one({ type: 'options', options })).options).toStrictEqual({
			own: 'Aa',
		});
	});

	it('is one of those that there are', () => {
		expect(read('unpriced', 'maybe')).toStrictEqual({
			options: {},
			problems: ['When There Is No Price is "maybe", which is not allowed. Give refuse or run.'],
		});
	});
});

describe('a text', () => {
	it('may come as a number, and is no object', () => {
		expect(read('fileName', 2026).options).toStrictEqual({ fileName: '2026' });
		expect(read('fileName', { a: 1 })).toStrictEqual({
			options: {},
			problems: ['File Name is {"a":1}, which is not allowed. Give a text.'],
		});
	});
});

it('takes a switch as it is', () => {
	expect(readOptions({ own: true }, one({ type: 'boolean' })).options).toStrictEqual({ own: true });
	expect(readOptions({ own: false }, one({ type: 'boolean' })).options).toStrictEqual({
		own: false,
	});
});

it.each([[undefined], [null], [''], [' \t']])('takes %j for left out', (value) => {
	expect(read('waitAtMost', value)).toStrictEqual({ options: {}, problems: [] });
});

it.each([[undefined], [null], ['waitAtMost'], [5]])('finds nothing in %j', (raw) => {
	expect(readOptions(raw, submitOptionsProperty)).toStrictEqual({ options: {}, problems: [] });
});

it('says all that is wrong, keeps what is right and drops what nobody knows', () => {
	const raw = { maximumJobs: 0, parallelJobs: 'x', waitAtMost: 5, maximumsize: 3 };
	const { options, problems } = readOptions(raw, submitOptionsProperty);
	expect(options).toStrictEqual({ waitAtMost: 5 });
	expect(problems.map((problem) => problem.split(' is ')[0])).toStrictEqual([
		'Maximum Jobs',
		'Parallel Jobs',
	]);
});

describe('where the video goes', () => {
	it('is the field "data" and at most 2 GiB, where nothing is chosen', () => {
		const usual = { binaryProperty: 'data', maxBytes: 2_147_483_648 };
		expect(downloadChoice({})).toStrictEqual(usual);
		expect(downloadChoice({ binaryProperty: '  ', fileName: ' ' })).toStrictEqual(usual);
	});

	it('is what was chosen, without the blanks around it', () => {
		expect(
			downloadChoice({ binaryProperty: ' clip ', fileName: ' a.mp4 ', maximumSize: 3 }),
		).toStrictEqual({ binaryProperty: 'clip', fileName: 'a.mp4', maxBytes: 3_145_728 });
	});
});
