import { describe, expect, it } from 'vitest';
import { quoteOf, type Price } from '../../providers/prices/price';
import { providerById } from '../../providers/registry';

const bySecond: Price = {
	kind: 'variants',
	dimensions: ['resolution'],
	variants: [
		{ when: { resolution: '720p' }, usd: 0.39, unit: 'second', per: 1 },
		{ when: { resolution: '1080p' }, usd: 0.65, unit: 'second', per: 1 },
	],
};

describe('a quote', () => {
	it('is what the document works out: 5 seconds of 1080p at 0.65 USD are 3.25 USD', () => {
		const quote = quoteOf(bySecond, { values: { resolution: '1080p' }, seconds: 5 });
		expect(quote).toEqual({ usd: 3.25, basis: '0.65 USD a second × 5 s (resolution 1080p)' });
	});

	it('takes the model’s own default where the field is left out', () => {
		const request = { values: {}, defaults: { resolution: '720P' }, seconds: 10 };
		expect(quoteOf(bySecond, request).usd).toBe(3.9);
	});

	it.each([
		['the price is not published', undefined, {}, 'the provider publishes no price for this model'],
		['it is known afterwards', { kind: 'variable' }, {}, 'known only after the video is made'],
		[
			'a field that it depends on is not known',
			bySecond,
			{},
			'depends on resolution, which is not set',
		],
		[
			'the value has no price',
			bySecond,
			{ values: { resolution: '4k' }, seconds: 5 },
			'no price for resolution 4k',
		],
		[
			'the length is not known',
			bySecond,
			{ values: { resolution: '720p' } },
			'length of the video is not set',
		],
		[
			'something is counted afterwards',
			{ kind: 'fixed', units: [{ unit: 'token', usd: 1, per: 1_000_000 }] },
			{},
			'by the token, which is known only afterwards',
		],
		[
			'something is counted whose name only ends in a video',
			{ kind: 'fixed', units: [{ unit: 'reference video', usd: 1, per: 1 }] },
			{},
			'by the reference video, which is known only afterwards',
		],
	] as const)('says why there is none where %s', (_when, price, request, words) => {
		const quote = quoteOf(price as Price | undefined, { values: {}, ...request });
		expect(quote.usd).toBeUndefined();
		expect(quote.basis).toContain(words);
	});

	it('adds up what is charged together, for each video', () => {
		const price: Price = {
			kind: 'fixed',
			units: [
				{ unit: 'video', usd: 0.1, per: 1 },
				{ unit: 'second', usd: 0.6, per: 10 },
			],
		};
		expect(quoteOf(price, { values: {}, seconds: 5, videos: 2 })).toEqual({
			usd: 0.8,
			basis: '0.1 USD a video + 0.6 USD for 10 seconds × 5 s × 2 videos',
		});
		expect(quoteOf(price, { values: {}, seconds: 5 })).toEqual({
			usd: 0.4,
			basis: '0.1 USD a video + 0.6 USD for 10 seconds × 5 s',
		});
	});

	it('of no units at all is none', () => {
		const quote = quoteOf({ kind: 'fixed', units: [] }, { values: {}, seconds: 5 });
		expect(quote).toEqual({ basis: 'the provider publishes no price for this model' });
	});

	it.each([
		...['video', 'generation', 'request', 'call', 'run', 'image', 'output', 'unit', 'item'].flatMap(
			(unit) => [
				[unit, 3],
				[`${unit}s`, 3],
				[unit.toUpperCase(), 3],
			],
		),
		...['second', 'Seconds', 'video second', 'video_seconds', 'VIDEO-second', 'videosecond'].map(
			(unit) => [unit, 15],
		),
		...['image token', 'my video', 'gpu second', 'second of sound', 'minute', 'token'].map(
			(unit) => [unit, undefined],
		),
	] as Array<[string, number | undefined]>)('by the %s, for 5 s at 3 USD, is %s', (unit, usd) => {
		const price: Price = { kind: 'fixed', units: [{ unit, usd: 3, per: 1 }] };
		expect(quoteOf(price, { values: {}, seconds: 5 }).usd).toBe(usd);
	});
});

describe('the published prices of AI/ML API', () => {
	const { pricing } = providerById('aimlapiPixverse');
	const read = (pricingBlock: unknown, names: object = { id: 'pixverse/v5/text-to-video' }) =>
		pricing!.read(
			{
				status: 200,
				headers: {},
				body: { object: 'list', data: [{ ...names, pricing: pricingBlock }] },
			},
			'pixverse/v5/text-to-video',
		);

	it('are asked for without a key of one’s own, by the model’s name', () => {
		expect(pricing!.call('pixverse/v5/text-to-video')).toEqual({
			method: 'GET',
			url: '/v1/models',
			query: { include: 'pricing', id: 'pixverse/v5/text-to-video' },
		});
	});

	it('are read as documented, by an alias too', () => {
		const block = {
			kind: 'variants',
			dimensions: ['resolution'],
			variants: [{ when: { resolution: '720p' }, price: 0.39, unit: 'second', per: 1 }],
		};
		const names = { id: 'pixverse/v5-text-to-video', aliases: ['pixverse/v5/text-to-video'] };
		expect(read(block, names)).toEqual({
			kind: 'variants',
			dimensions: ['resolution'],
			variants: [{ when: { resolution: '720p' }, usd: 0.39, unit: 'second', per: 1 }],
		});
	});

	it.each([
		['nothing', undefined],
		['a kind that is not known', { kind: 'auction' }],
		['a price that is none', { kind: 'fixed', units: [{ name: 'video', price: 'free', per: 1 }] }],
		['a price for nothing', { kind: 'fixed', units: [{ name: 'video', price: 1, per: 0 }] }],
		['a negative price', { kind: 'fixed', units: [{ name: 'video', price: -1, per: 1 }] }],
	])('give no figure out of %s', (_what, block) => {
		expect(read(block)).toBeUndefined();
	});

	it('are applied to the fields, with the documented defaults', () => {
		const priced = pricing!.priced({ model: 'pixverse/v5/text-to-video', duration: 8 });
		expect(priced).toMatchObject({ seconds: 8, defaults: { resolution: '720p' } });
		expect(pricing!.priced({ model: 'pixverse/v5/text-to-video' }).seconds).toBe(5);
		expect(pricing!.priced({ model: 'something/else' }).seconds).toBeUndefined();
	});
});
