/** What an account holds, as far as its provider tells. */
import { describe, expect, it } from 'vitest';
import { askAccount } from '../../jobs/account';
import type { Provider } from '../../providers/contract';
import { failure } from '../../providers/replies/failures';
import { providerById } from '../../providers/registry';
import { virtualHost } from '../support/virtualClock';

const novita = providerById('novita');
const call = () => ({ method: 'GET' as const, url: '/' });
const problem = { failure: failure('rate_limited', 'Too many', { accepted: 'no' }) };
const held = (queued?: number) => ({
	value: { amount: 12.5, currency: 'USD', ...(queued === undefined ? {} : { queued }) },
});

const ask = async (
	balance: ReturnType<typeof held> | typeof problem | undefined,
	queue: { value: number } | typeof problem | undefined,
) => {
	const { balance: _balance, queueUse: _queueUse, ...bare } = novita;
	const provider: Provider = {
		...bare,
		...(balance ? { balance: { call, read: () => balance } } : {}),
		...(queue ? { queueUse: { call, read: () => queue } } : {}),
	};
	const host = {
		...virtualHost(novita, 'a-key'),
		http: async () => ({ status: 200, headers: {}, body: {} }),
	};
	return await askAccount(provider, { baseUrl: 'https://a.example' }, host);
};

const NO_BALANCE = 'Novita publishes no balance that could be asked for.';
const NO_QUEUE = 'The queue could not be asked: Too many';

describe('an account', () => {
	it('is told of with all that there is, and nothing else', async () => {
		expect(await ask(held(), { value: 3 })).toEqual({
			state: { balance: 12.5, currency: 'USD', queued: 3 },
		});
		expect(await ask(held(), undefined)).toStrictEqual({
			state: { balance: 12.5, currency: 'USD' },
		});
	});

	it('that tells of its queue with the balance is believed, also where that is empty', async () => {
		expect((await ask(held(2), undefined)).state).toMatchObject({ queued: 2 });
		expect((await ask(held(0), { value: 3 })).state).toMatchObject({ queued: 0 });
	});

	it.each([
		['no balance', undefined, { value: 0 }, { queued: 0, hint: NO_BALANCE }],
		['no queue', held(), problem, { balance: 12.5, currency: 'USD', hint: NO_QUEUE }],
		['neither', undefined, problem, { hint: `${NO_BALANCE} ${NO_QUEUE}` }],
		['nothing', undefined, undefined, { hint: NO_BALANCE }],
	])('that tells of %s says why', async (_what, balance, queue, state) => {
		expect(await ask(balance, queue)).toEqual({ state });
	});

	it('whose balance can not be had fails with the reason', async () => {
		expect(await ask(problem, { value: 3 })).toEqual(problem);
	});
});
