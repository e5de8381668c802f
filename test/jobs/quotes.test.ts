/** What a request will cost, before it is sent. */
import { describe, expect, it, vi } from 'vitest';
import type { HttpRequest } from '../../jobs/host';
import { quoteFor } from '../../jobs/quotes';
import type { Reply } from '../../providers/contract';
import { providerById } from '../../providers/registry';

const provider = providerById('aimlapi');
const values = { model: 'a/b', prompt: 'A boat' };
const PRICED = {
	data: [{ id: 'a/b', pricing: { kind: 'fixed', units: [{ price: 0.4, name: 'video' }] } }],
};
const reply = (body: unknown, status = 200): Reply => ({ status, headers: {}, body });
let accounts = 0;

/** Each question gets the next answer, and the last one again and again. */
function scene(...answers: Array<Reply | Error>) {
	const requests: HttpRequest[] = [];
	let nowMs = Date.UTC(2026, 10, 1);
	const host = {
		now: () => nowMs,
		random: () => 0,
		sleep: async () => undefined,
		async http(request: HttpRequest) {
			requests.push(request);
			const answer = answers[Math.min(requests.length, answers.length) - 1]!;
			if (answer instanceof Error) throw answer;
			return answer;
		},
	};
	const account = { baseUrl: `https://prices${(accounts += 1)}.example.com` };
	const ask = async (model = 'a/b', signal?: AbortSignal) =>
		await quoteFor(provider, account, { ...values, model }, host, signal);
	return { ask, requests, host, wait: (ms: number) => void (nowMs += ms) };
}

describe('a quote', () => {
	it('is by the published price, which is asked for without the key and within ten seconds', async () => {
		const timeout = vi.spyOn(AbortSignal, 'timeout');
		const { ask, requests } = scene(reply(PRICED));
		expect(await ask()).toMatchObject({ usd: 0.4 });
		expect(timeout.mock.calls).toEqual([[10_000]]);
		timeout.mockRestore();
		expect(requests).toMatchObject([{ authenticate: false, query: { id: 'a/b' } }]);
	});

	it('is good for five minutes, for one model', async () => {
		const { ask, requests, wait } = scene(reply(PRICED));
		await Promise.all([ask(), ask()]);
		wait(299_999);
		await ask();
		expect(requests).toHaveLength(1);
		wait(1);
		await ask();
		expect(requests).toHaveLength(2);
		await ask('c');
		expect(requests).toHaveLength(3);
	});

	it('is kept for two hundred models, those that were asked for last', async () => {
		const { ask, requests } = scene(reply(PRICED));
		for (let model = 0; model < 200; model += 1) await ask(`model ${model}`);
		await ask('model 0');
		expect(requests).toHaveLength(200);
		await ask('one more');
		await ask('model 1');
		expect(requests).toHaveLength(201);
		await ask('model 0');
		expect(requests).toHaveLength(202);
	});

	it.each<[string, Reply | Error, string]>([
		['answers with an error', reply({}, 500), 'the price list answered with HTTP 500'],
		['has moved', reply({}, 300), 'the price list answered with HTTP 300'],
		[
			'can not be reached',
			Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
			'the price list could not be reached (connection refused)',
		],
		[
			'does not answer in time',
			Object.assign(new Error('This operation was aborted'), { name: 'AbortError' }),
			'the price list could not be reached (no answer in time)',
		],
	])(
		'has no figure but a reason where the list %s, and is asked for again',
		async (_what, answer, basis) => {
			const { ask, requests } = scene(answer, reply(PRICED));
			expect(await ask()).toEqual({ basis });
			expect(await ask()).toMatchObject({ usd: 0.4 });
			expect(requests).toHaveLength(2);
		},
	);

	it('is not there for a model without a price, which is not asked for again', async () => {
		const { ask, requests } = scene(reply({ data: [] }));
		const basis = 'the provider publishes no price for this model';
		expect([await ask(), await ask()]).toEqual([{ basis }, { basis }]);
		expect(requests).toHaveLength(1);
	});

	it('is not given to a run that was stopped meanwhile', async () => {
		const { ask } = scene(reply(PRICED));
		await expect(ask('a/b', AbortSignal.abort(new Error('Stopped')))).rejects.toThrow('Stopped');
	});

	it('is not asked for where the provider publishes no prices', async () => {
		const { host, requests } = scene(reply(PRICED));
		const novita = providerById('novita');
		expect(await quoteFor(novita, { baseUrl: 'https://a.example' }, {}, host)).toEqual({
			basis: 'Novita publishes no prices that could be asked for',
		});
		expect(requests).toEqual([]);
	});
});
