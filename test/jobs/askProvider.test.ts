/** A question that is about no job. */
import { describe, expect, it } from 'vitest';
import { askProvider } from '../../jobs/askProvider';
import type { HttpRequest } from '../../jobs/host';
import type { Reply } from '../../providers/contract';
import { providerById } from '../../providers/registry';
import { virtualHost } from '../support/virtualClock';

const provider = providerById('aimlapi');
const account = { baseUrl: 'https://api.aimlapi.com' };

async function ask(answer: () => Promise<Reply>) {
	const requests: HttpRequest[] = [];
	const host = {
		...virtualHost(provider, 'a-key'),
		http: async (request: HttpRequest) => {
			requests.push(request);
			return await answer();
		},
	};
	const question = {
		call: () => ({ method: 'GET' as const, url: '/v1/thing' }),
		read: ({ body }: Reply) => ({ value: body }),
	};
	const told = await askProvider(provider, question, account, host);
	return { told, requests };
}

describe('a question', () => {
	it('goes to the provider with the key, and its answer comes back', async () => {
		const { told, requests } = await ask(async () => ({ status: 200, headers: {}, body: 7 }));
		expect(told).toEqual({ value: 7 });
		expect(requests).toEqual([
			{ method: 'GET', url: 'https://api.aimlapi.com/v1/thing', authenticate: true },
		]);
	});

	it('that reaches nobody is told in words, with what to do', async () => {
		const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
		const { told } = await ask(async () => await Promise.reject(refused));
		expect(told).toEqual({
			failure: {
				...{ code: 'network', accepted: 'no', retryable: true },
				message: 'AI/ML API could not be reached (connection refused).',
				advice: 'Check the base URL, the proxy and the network. Nothing was submitted.',
			},
		});
	});

	it('that is stopped ends so, and is no trouble of the provider', async () => {
		const stopped = new DOMException('Stopped', 'AbortError');
		await expect(ask(async () => await Promise.reject(stopped))).rejects.toBe(stopped);
	});
});
