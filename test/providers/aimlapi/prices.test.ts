/** The price list of AI/ML API, block by block. */
import { describe, expect, it } from 'vitest';
import { pricingWith } from '../../../providers/aimlapi/prices';

const pricing = pricingWith(() => ({ duration: 5 }));
const reading = (data: unknown, status = 200) =>
	pricing.read({ status, headers: {}, body: { data } }, 'acme/one');
const priceOf = (block: unknown) => reading([{ id: 'acme/one', pricing: block }]);
const fixed = (...units: unknown[]) => priceOf({ kind: 'fixed', units });

it('is asked for by model, and for all videos at once, without a key', () => {
	expect(pricing.call('acme/one')).toStrictEqual({
		method: 'GET',
		url: '/v1/models',
		query: { include: 'pricing', id: 'acme/one' },
	});
	expect(pricing.callAll!()).toStrictEqual({
		method: 'GET',
		url: '/v1/models',
		query: { output_modalities: 'video', include: 'pricing' },
	});
});

it('is applied to the length that was asked for, or else to the model’s own', () => {
	expect(pricing.priced({ model: 'a', duration: '8' }).seconds).toBe(8);
	expect(pricing.priced({ model: 'a' })).toStrictEqual({
		...{ model: 'a', values: { model: 'a' }, defaults: { duration: 5 }, seconds: 5 },
	});
	const { priced } = pricingWith(() => ({}));
	expect(priced({ model: 'a', duration: 'auto' })).not.toHaveProperty('seconds');
});

describe('a fixed price', () => {
	const unit = { unit: 'second', usd: 0.5, per: 1 };
	it.each([
		[{ price: 0.5, measure: 'second' }, unit],
		[{ price: '0.5', name: 'second', per: '1' }, unit],
		[
			{ price: 0.5, measure: 'second', name: 'other', per: 10 },
			{ ...unit, per: 10 },
		],
		[
			{ price: 0, name: 'second' },
			{ ...unit, usd: 0 },
		],
		[
			{ price: 0.5, name: 'token', per: 0.5 },
			{ unit: 'token', usd: 0.5, per: 0.5 },
		],
	])('of %j is %j', (entry, expected) => {
		expect(fixed(entry)).toStrictEqual({ kind: 'fixed', units: [expected] });
	});

	it.each([
		[{ price: -0.1, name: 'second' }],
		[{ price: 'free', name: 'second' }],
		[{ name: 'second' }],
		[{ price: 0.5 }],
		[{ price: 0.5, name: '' }],
		[{ price: 0.5, name: 'second', per: 0 }],
		[{ price: 0.5, name: 'second', per: 'each' }],
	])('with a part that can not be read is none: %j', (entry) => {
		expect(fixed(entry)).toBeUndefined();
		expect(fixed({ price: 1, name: 'video' }, entry)).toBeUndefined();
	});

	it('leaves out what is no part', () => {
		expect(fixed(null, 'text', { price: 0.5, name: 'second' })).toMatchObject({ units: [unit] });
		expect(priceOf({ kind: 'fixed', units: 'none' })).toStrictEqual({ kind: 'fixed', units: [] });
	});
});

describe('a price by variants', () => {
	const variant = { when: { resolution: '720p' }, price: 0.4, unit: 'second' };
	const read = { when: { resolution: '720p' }, usd: 0.4, unit: 'second', per: 1 };

	it('names what it depends on', () => {
		const block = { kind: 'variants', dimensions: ['resolution', 7], variants: [variant] };
		expect(priceOf(block)).toStrictEqual({
			...{ kind: 'variants', dimensions: ['resolution', '7'], variants: [read] },
		});
		expect(priceOf({ ...block, dimensions: 'resolution' })).toMatchObject({ dimensions: [] });
	});

	it.each([
		[{ ...variant, when: undefined }],
		[{ ...variant, when: '720p' }],
		[{ ...variant, price: 'much' }],
		[{ ...variant, unit: undefined }],
	])('with one that can not be read is none: %j', (other) => {
		expect(priceOf({ kind: 'variants', variants: [variant, other] })).toBeUndefined();
	});
});

it.each([
	[{ kind: 'variable' }, { kind: 'variable' }],
	[{ kind: 'another' }, undefined],
	[{ kind: 'another', variants: [] }, undefined],
	[{}, undefined],
	[null, undefined],
	['free', undefined],
])('a block %j is %j', (block, price) => {
	expect(priceOf(block)).toStrictEqual(price);
});

describe('the list', () => {
	const block = { pricing: { kind: 'variable' } };

	it('has the model by its id or one of its other names', () => {
		const other = { id: 'acme/two', pricing: { kind: 'fixed', units: [] } };
		expect(reading([other, { id: 'acme/one', ...block }])).toStrictEqual({ kind: 'variable' });
		expect(reading([other, { id: 'x', aliases: ['acme/one'], ...block }])).toStrictEqual({
			kind: 'variable',
		});
		expect(reading([null, other])).toBeUndefined();
		expect(reading([{ id: 'x', aliases: 'acme/one', ...block }])).toBeUndefined();
	});

	it('has none where it did not come', () => {
		const list = [{ id: 'acme/one', ...block }];
		expect(reading(list, 299)).toStrictEqual({ kind: 'variable' });
		expect(reading(list, 300)).toBeUndefined();
		expect(reading({ id: 'acme/one' })).toBeUndefined();
		expect(pricing.read({ status: 200, headers: {}, body: null }, 'acme/one')).toBeUndefined();
	});
});
