/** A submit that was on its way when an earlier process ended. */
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../jobs/host';
import { failure } from '../../../providers/replies/failures';
import { providerById } from '../../../providers/registry';
import type { AccountHandle } from '../../src/account/account';
import { findInterrupted, interruptedSubmit, stillInDoubt } from '../../src/jobs/interruptedSubmit';
import type { SubmitIntent } from '../../src/jobs/submitIntents';
import { JobError } from '../../src/messages/errors';
import { jobOf } from '../support/loneNode';
import { english } from '../support/texts';

const intent = (more: Partial<SubmitIntent> = {}): SubmitIntent => ({
	...{ key: 'k-1', provider: 'aimlapiPixverse', sentAt: '2026-01-01T00:00:00.000Z', wait: true },
	...{ msg: {}, plan: { mode: 'job', maxBytes: 1 } },
	...more,
});

describe('the error of an interrupted submit', () => {
	it('is never to be tried again, and names the request as the provider or we know it', () => {
		const known = interruptedSubmit(intent({ requestId: 'order.1' }), english);
		expect(known.failure).toMatchObject({
			...{ code: 'network', accepted: 'unknown', retryable: false, requestId: 'order.1' },
		});
		expect(known.message).toMatch(/AI\/ML API PixVerse.*\(request order\.1\)\. .+/);
		const own = interruptedSubmit(intent(), english);
		expect(own.failure).not.toHaveProperty('requestId');
		expect(own.message).toContain('(request k-1)');
	});

	it('names a provider that is no more by its id', () => {
		expect(interruptedSubmit(intent({ provider: 'gone' }), english).message).toContain('gone');
	});
});

describe('looking for it', () => {
	const NOW_MS = Date.parse('2026-01-01T00:01:00.000Z');
	function handleOf(...rows: object[]) {
		const looks: number[] = [];
		let nowMs = NOW_MS;
		const host = {
			now: () => nowMs,
			sleep: async (ms: number) => void (nowMs += ms),
			async http(_request: HttpRequest) {
				looks.push((nowMs - NOW_MS) / 1000);
				return { status: 200, headers: {}, body: { data: rows } };
			},
		};
		const account = { baseUrl: 'https://api.aimlapi.com' };
		const provider = providerById('aimlapiPixverse');
		return { handle: { provider, host, account } as unknown as AccountHandle, looks };
	}
	const { signal } = new AbortController();

	it('gives the job, as old as its submit', async () => {
		const { handle } = handleOf({ inference_id: 'a', client_request_id: 'order.1' });
		const sent = intent({ requestId: 'order.1' });
		expect(await findInterrupted(handle, sent, english, signal)).toMatchObject({
			...{ jobId: 'a', submittedAt: sent.sentAt },
		});
	});

	it('counts the time from the submit, or from now where nobody knows it', async () => {
		const sent = handleOf();
		const looking = findInterrupted(sent.handle, intent({ requestId: 'x' }), english, signal);
		await expect(looking).rejects.toThrow(/looked through 5 times for request x/);
		expect(sent.looks).toEqual([0, 0, 0, 15, 120]);
		const odd = handleOf();
		const lost = intent({ requestId: 'x', sentAt: 'yesterday' });
		await expect(findInterrupted(odd.handle, lost, english, signal)).rejects.toThrow();
		expect(odd.looks).toEqual([3, 10, 30, 75, 180]);
	});
});

it('says of a second sending that was refused, and of nothing else, that the first is in doubt', () => {
	const refused = new JobError(failure('no_credit', 'No', { accepted: 'no' }), jobOf('j'), 'Title');
	const doubtful = stillInDoubt(refused) as JobError;
	expect(doubtful).toMatchObject({
		...{ code: 'no_credit', job: { jobId: 'j' }, title: 'Title', failure: { accepted: 'unknown' } },
	});
	expect(doubtful.failure.advice).toMatch(/may have been accepted/);
	for (const accepted of ['yes', 'unknown'] as const) {
		const told = new JobError(failure('network', 'Cut', { accepted }));
		expect(stillInDoubt(told)).toBe(told);
	}
});
