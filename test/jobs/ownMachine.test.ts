/** How long a video takes on one's own machine. */
import { describe, expect, it } from 'vitest';
import { ownMachineQuote } from '../../jobs/ownMachine';
import type { HttpRequest } from '../../jobs/host';
import type { Reply } from '../../providers/contract';
import { providerById } from '../../providers/registry';
import { virtualHost } from '../support/virtualClock';

const provider = providerById('localGpu');
const values = { prompt: 'A fox', model: 'wan' };

async function quote(answer: Reply | Error, of = provider) {
	const requests: HttpRequest[] = [];
	const http = async (request: HttpRequest) => {
		requests.push(request);
		if (answer instanceof Error) throw answer;
		return answer;
	};
	const host = { ...virtualHost(provider, 'a-key'), http };
	const told = await ownMachineQuote(of, { baseUrl: 'http://127.0.0.1:8484' }, values, host);
	return { told, requests };
}

const reply = (body: unknown, status = 200): Reply => ({ status, headers: {}, body });

describe("what a video costs on one's own machine", () => {
	it("is nothing that is asked for where the machine is another's", async () => {
		const { told, requests } = await quote(reply({}), providerById('novita'));
		expect([told, requests]).toEqual([undefined, []]);
	});

	it('is asked for with the request as it would be sent', async () => {
		const { requests } = await quote(reply({}));
		expect(requests).toHaveLength(1);
		expect(requests[0]).toMatchObject({ method: 'POST', body: values, authenticate: true });
	});

	it.each([
		[
			reply({ message: 'No. Not now.' }, 401),
			/^the machine could not say how long it takes: HTTP 401: No\. Not now$/,
		],
		[
			Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
			/could not be reached \(connection refused\)$/,
		],
	])('is not known where the machine does not say: %j', async (answer, basis) => {
		const { told } = await quote(answer);
		expect(told).not.toHaveProperty('seconds');
		expect(told!.basis).toMatch(basis);
	});

	it('is the seconds of its last videos, or that there were none', async () => {
		const answer = (seconds: unknown) => reply({ object: 'video.estimate', seconds });
		expect((await quote(answer(42))).told).toEqual({
			seconds: 42,
			basis: 'seconds of your own machine, by its last videos with this model',
		});
		expect((await quote(answer(null))).told).toEqual({
			basis: 'your own machine has not made a video with this model yet',
		});
	});
});
