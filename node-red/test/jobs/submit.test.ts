/** What is written down before a submit leaves: enough to find its job again, and no more of what a person gave. */
import { afterEach, describe, expect, it } from 'vitest';
import type { RequestValues } from '../../../providers/contract';
import { providerById } from '../../../providers/registry';
import { smallValues } from '../../../test/simulators/client';
import { startSimulator, type Simulator } from '../../../test/simulators/simulator';
import { virtualHost } from '../../../test/support/virtualClock';
import type { AccountHandle } from '../../src/account/account';
import { submitJob } from '../../src/jobs/submit';

let sim: Simulator;
afterEach(async () => await sim.close());

/** What was written, and how many requests there were by then. */
async function submitted(id: string, more: RequestValues = {}) {
	const provider = providerById(id);
	sim = await startSimulator({ durationMs: Infinity });
	const host = virtualHost(provider, sim.key);
	const handle = { provider, account: { baseUrl: sim.url }, host, rateLimit: async () => {} };
	const values = { ...smallValues(provider), ...more };
	const written: Array<{ requests: number; intent: object }> = [];
	const job = await submitJob(handle as unknown as AccountHandle, {
		...{ values, key: 'submit-1', signal: new AbortController().signal },
		writeIntent: async (intent) =>
			void written.push({ requests: sim.book.requests.length, intent }),
	});
	return { job, values, written };
}

describe('a submit is written down before it leaves', () => {
	it('with its values where the same request, sent again, makes no second job', async () => {
		const { values, written } = await submitted('localGpu');
		const intent = { key: 'submit-1', provider: 'localGpu', values };
		expect(written).toEqual([{ requests: 0, intent }]);
		expect(sim.book.jobs.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['submit-1']);
	});

	it('without them where it must never be sent again', async () => {
		const { written } = await submitted('modelslabV6');
		expect(written).toEqual([
			{ requests: 0, intent: { key: 'submit-1', provider: 'modelslabV6' } },
		]);
	});

	it('with the id by which the provider’s log has it', async () => {
		const { job: accepted, written } = await submitted('aimlapiPixverse', {
			client_request_id: 'order-1',
		});
		const [job] = sim.book.jobs;
		expect(accepted.requestId).toBe(job?.trackingId);
		expect(job?.trackingId).toMatch(/^order-1\./);
		expect(written).toMatchObject([{ requests: 0, intent: { requestId: job?.trackingId } }]);
		expect(written[0]?.intent).not.toHaveProperty('values');
	});
});
