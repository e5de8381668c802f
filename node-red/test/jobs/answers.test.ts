/** Messages that want to know something, and make no job. */
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../jobs/host';
import type { Reply } from '../../../providers/contract';
import { providerById } from '../../../providers/registry';
import type { AccountHandle } from '../../src/account/account';
import { accountAnswer, asksForAccount, estimateAnswer } from '../../src/jobs/answers';
import type { Message } from '../../src/messages/message';
import { LoneNode } from '../support/loneNode';

let accounts = 0;
function handleOf(id: string, body: unknown) {
	const requests: HttpRequest[] = [];
	const lone = new LoneNode(`answers ${(accounts += 1)}`);
	const handle = {
		...(lone.account as AccountHandle),
		...{ id: lone.id, provider: providerById(id) },
		account: { baseUrl: `https://answers${accounts}.example.com` },
	};
	handle.host.http = async (request): Promise<Reply> => {
		requests.push(request);
		return { status: 200, headers: {}, body };
	};
	return { handle, requests, RED: lone.RED };
}
const { signal } = new AbortController();

describe('a question after the account', () => {
	it('is asked with true, and with nothing else', () => {
		const asked = [true, 'true', 1, {}, false, undefined];
		expect(asked.map((checkAccount) => asksForAccount({ checkAccount }))).toEqual([
			...[true, false, false, false, false, false],
		]);
	});

	it('is answered in the payload, and the next node is not asked as well', async () => {
		const { handle, RED } = handleOf('novita', { availableBalance: '125000' });
		const msg: Message = { checkAccount: true, topic: 'mine', payload: 'A fox' };
		expect(await accountAnswer(RED, handle, msg).answer(signal)).toBe(msg);
		expect(msg).toMatchObject({ topic: 'mine', payload: { balance: 12.5, currency: 'USD' } });
		expect(msg).not.toHaveProperty('checkAccount');
	});
});

describe('a question after the price', () => {
	it('is answered beside the message, which goes on as it came', async () => {
		const pricing = { kind: 'fixed', units: [{ price: 0.4, name: 'video' }] };
		const { handle, requests } = handleOf('aimlapi', { data: [{ id: 'a/b', pricing }] });
		const msg: Message = { payload: 'A fox' };
		const values = { model: 'a/b', prompt: 'A fox' };
		expect(await estimateAnswer(handle, values, msg).answer(signal)).toBe(msg);
		expect(msg).toMatchObject({ payload: 'A fox', cost: { quoted: 0.4, currency: 'USD' } });
		expect(requests).toHaveLength(1);
	});
});
