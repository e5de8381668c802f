/** A price in the list of models: right, short, and nothing where it can not be said. */
import { expect, it } from 'vitest';
import type { Price } from '../../providers/prices/price';
import { priceText } from '../../providers/prices/priceText';

const variants = (...units: Array<[usd: number, unit: string, per?: number]>): Price => ({
	kind: 'variants',
	dimensions: ['resolution'],
	variants: units.map(([usd, unit, per = 1]) => ({ usd, unit, per, when: {} })),
});

it.each([
	['nothing is published', undefined, undefined],
	['it is known afterwards', { kind: 'variable' }, undefined],
	['there is no unit', { kind: 'fixed', units: [] }, undefined],
	['there is no variant', variants(), undefined],
	[
		'one thing is paid',
		{ kind: 'fixed', units: [{ unit: 'video', usd: 0.4, per: 1 }] },
		'0.4 USD a video',
	],
	[
		'two things are paid together',
		{
			kind: 'fixed',
			units: [
				{ unit: 'video', usd: 0.1, per: 1 },
				{ unit: 'token', usd: 2, per: 1000 },
			],
		},
		'0.1 USD a video + 2 USD for 1000 tokens',
	],
	[
		'it depends on the fields',
		variants([0.12, 'second'], [0.03, 'second'], [0.05, 'second']),
		'0.03 to 0.12 USD a second',
	],
	['all variants cost the same', variants([0.5, 'video'], [0.5, 'video']), '0.5 USD a video'],
	[
		'it is by so many',
		variants([0.5, 'frame', 10], [0.25, 'frame', 10]),
		'0.25 to 0.5 USD for 10 frames',
	],
	['variants are by different units', variants([0.5, 'video'], [0.1, 'second']), undefined],
	['variants are by different counts', variants([0.5, 'second'], [1, 'second', 10]), undefined],
] as Array<[string, Price | undefined, string | undefined]>)(
	'where %s',
	(_when, price, expected) => {
		expect(priceText(price)).toBe(expected);
	},
);
