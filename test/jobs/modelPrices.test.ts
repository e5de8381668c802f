/** What a list to choose from says of prices. */
import { describe, expect, it } from 'vitest';
import { modelPrices } from '../../jobs/modelPrices';
import type { HttpRequest } from '../../jobs/host';
import type { Reply } from '../../providers/contract';
import { priceText } from '../../providers/prices/priceText';
import { providerById } from '../../providers/registry';

const second = (usd: number) => ({ unit: 'second', usd, per: 1 });

describe('a price in words', () => {
	it.each([
		[{ kind: 'fixed' as const, units: [{ unit: 'video', usd: 0.4, per: 1 }] }, '0.4 USD a video'],
		[
			{ kind: 'fixed' as const, units: [{ unit: 'token', usd: 3, per: 1000 }, second(0.1)] },
			'3 USD for 1000 tokens + 0.1 USD a second',
		],
		[
			{
				...{ kind: 'variants' as const, dimensions: ['resolution'] },
				variants: [0.12, 0.03, 0.06].map((usd) => ({ ...second(usd), when: {} })),
			},
			'0.03 to 0.12 USD a second',
		],
		[
			{
				...{ kind: 'variants' as const, dimensions: ['sound'] },
				variants: [0.2, 0.2].map((usd) => ({ ...second(usd), when: {} })),
			},
			'0.2 USD a second',
		],
	])('of %j is %s', (price, words) => expect(priceText(price)).toBe(words));

	it('is none where nothing can be said before, or units do not compare', () => {
		const mixed = [second(1), { ...second(1), unit: 'video' }].map((unit) => ({
			...unit,
			when: {},
		}));
		const variants = { kind: 'variants' as const, dimensions: [], variants: mixed };
		for (const price of [undefined, { kind: 'variable' as const }, variants]) {
			expect(priceText(price)).toBeUndefined();
		}
	});
});

describe('the prices of a list', () => {
	const account = { baseUrl: 'https://api.aimlapi.com' };
	const list = {
		data: [
			{
				id: 'a/b',
				aliases: ['b'],
				pricing: { kind: 'fixed', units: [{ price: 0.4, name: 'video' }] },
			},
			{ id: 'c', pricing: { kind: 'variable' } },
		],
	};
	const ask = async (answer: () => Promise<Reply>, id = 'aimlapi') => {
		const requests: HttpRequest[] = [];
		const http = async (request: HttpRequest) => {
			requests.push(request);
			return await answer();
		};
		const prices = await modelPrices(providerById(id), account, ['b', 'c', 'd'], { http });
		return { prices, requests };
	};

	it('come in one question without the key, for the models by any of their names', async () => {
		const { prices, requests } = await ask(async () => ({ status: 200, headers: {}, body: list }));
		expect(prices).toEqual({ b: '0.4 USD a video' });
		expect(requests).toMatchObject([{ authenticate: false, query: { include: 'pricing' } }]);
	});

	it.each([
		['the provider can not be reached', async () => Promise.reject(new Error('offline'))],
		['it answers with an error', async () => ({ status: 500, headers: {}, body: list })],
		['it answers something else', async () => ({ status: 200, headers: {}, body: 'no' })],
	])('are left out where %s', async (_name, answer) => {
		expect((await ask(answer)).prices).toEqual({});
	});

	it('are not asked for where the provider has no such list', async () => {
		const { prices, requests } = await ask(() => Promise.reject(new Error('asked')), 'localGpu');
		expect({ prices, requests }).toEqual({ prices: {}, requests: [] });
	});
});
