/** How often a submit is sent: again only where it certainly never arrived and may arrive the next time. */
import { describe, expect, it } from 'vitest';
import { submitIdentity, submitJob, submitOnce } from '../../jobs/submit';
import type { Reading, Reply } from '../../providers/contract';
import { localGpu } from '../../providers/localGpu';
import { providerById } from '../../providers/registry';
import { failure } from '../../providers/replies/failures';
import { newJob } from '../../providers/replies/job';
import { START_MS, virtualHost } from '../support/virtualClock';

async function submitFailing(code: string, options: { idempotent?: boolean } = {}) {
	let sent = 0;
	const send = async () => {
		sent += 1;
		throw Object.assign(new Error(`certificate or network trouble`), {
			code,
			...(code.startsWith('E') && !code.startsWith('ERR') ? { syscall: 'connect' } : {}),
		});
	};
	const read = () => {
		throw new Error('There was no reply to read');
	};
	const { failure } = await submitOnce(send, read, virtualHost(localGpu, 'a-key'), options);
	return { sent, failure };
}

describe('a submit that came to nothing', () => {
	it.each(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH'])(
		'(%s) is sent three times: nobody was there to take it',
		async (code) => {
			const { sent, failure } = await submitFailing(code);
			expect(sent).toBe(3);
			expect(failure).toMatchObject({ accepted: 'no' });
		},
	);

	it.each([
		'CERT_HAS_EXPIRED',
		'DEPTH_ZERO_SELF_SIGNED_CERT',
		'ERR_TLS_CERT_ALTNAME_INVALID',
		'HOSTNAME_MISMATCH',
		'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		'ERR_INVALID_URL',
		'ERR_INVALID_CHAR',
	])('(%s) is sent once: it will be no better in a second', async (code) => {
		const { sent, failure } = await submitFailing(code);
		expect(sent).toBe(1);
		expect(failure).toMatchObject({ accepted: 'no' });
	});

	it('of which nobody knows whether it arrived is not sent again', async () => {
		const { sent, failure } = await submitFailing('UND_ERR_SOCKET');
		expect(sent).toBe(1);
		expect(failure).toMatchObject({ accepted: 'unknown' });
	});
});

describe('submitting', () => {
	const provider = providerById('novita');
	const attempts = async (readings: Reading[], idempotent = false) => {
		const host = virtualHost(provider, 'a-key');
		let sent = 0;
		const send = async (): Promise<Reply> => {
			sent += 1;
			return { status: 200, headers: {}, body: {} };
		};
		const result = await submitOnce(send, () => readings[sent - 1] as Reading, host, {
			idempotent,
		});
		return { sent, result, slept: host.slept };
	};
	const job = newJob('novita', 'j1', START_MS);
	const limited = (retryAfterSeconds?: number) => ({
		failure: failure('rate_limited', 'Too many.', {
			accepted: 'no',
			...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
		}),
	});
	const doubtful = { failure: failure('network', 'Broke off.', { accepted: 'unknown' }) };
	const unreachable = { failure: failure('network', 'Nobody there.', { accepted: 'no' }) };

	it('backs off longer each time, with jitter, where the provider only says "too many"', async () => {
		const { sent, result, slept } = await attempts([limited(), limited(), limited(), { job }]);
		expect(sent).toBe(4);
		expect(result.job).toBe(job);
		expect(slept).toEqual([1_125, 2_250, 4_500]);
	});

	it('does not wait for a provider that asks for a quarter of an hour', async () => {
		const { sent, result } = await attempts([limited(900), { job }]);
		expect(sent).toBe(1);
		expect(result.failure).toMatchObject({ accepted: 'no', retryAfterSeconds: 900 });
	});

	it('is not sent, and not paid, where the run was stopped while it waited for the limit', async () => {
		const stop = new AbortController();
		let sent = 0;
		const submitting = submitJob({
			provider,
			account: { baseUrl: 'https://api.novita.ai' },
			values: { prompt: 'A fox' },
			send: async () => {
				sent += 1;
				return { status: 200, headers: {}, body: { task_id: 'a-1' } };
			},
			host: virtualHost(provider, 'a-key'),
			// As long as the wait takes, nothing hears of the stop.
			rateLimit: async () => stop.abort(new Error('Stopped by its user')),
			signal: stop.signal,
		});
		await expect(submitting).rejects.toThrow('Stopped by its user');
		expect(sent).toBe(0);
	});

	it('does not repeat a doubtful one', async () => {
		expect((await attempts([doubtful, { job }])).sent).toBe(1);
	});

	it('repeats a doubtful one with an idempotency key', async () => {
		const { sent, result } = await attempts([doubtful, { job }], true);
		expect(sent).toBe(2);
		expect(result.job).toBe(job);
	});

	it('gives up after eight refusals for being too many, none longer apart than a minute', async () => {
		const { sent, result, slept } = await attempts(Array.from({ length: 9 }, () => limited()));
		expect(sent).toBe(8);
		expect(result.failure).toMatchObject({ code: 'rate_limited', accepted: 'no' });
		expect(slept.at(-1)).toBe(67_500);
		expect(Math.max(...slept)).toBe(67_500);
	});

	it('waits five minutes where the provider asks for them, and not a second longer', async () => {
		expect((await attempts([limited(300), { job }])).slept).toEqual([337_500]);
		expect((await attempts([limited(301), { job }])).sent).toBe(1);
	});

	it('waits a moment where the provider asks for none', async () => {
		expect((await attempts([limited(0), { job }])).slept).toEqual([281]);
	});

	it('does not repeat what the provider will refuse again', async () => {
		const refused = { failure: failure('invalid_key', 'No.', { accepted: 'no' }) };
		expect((await attempts([refused, { job }])).sent).toBe(1);
		const broken = { failure: failure('provider_error', 'Maintenance.', { accepted: 'no' }) };
		expect((await attempts([broken, { job }])).sent).toBe(1);
	});

	it('does not call it safe when a doubtful attempt was followed by one that never left', async () => {
		const { result } = await attempts([doubtful, unreachable, unreachable, unreachable], true);
		expect(result.failure?.accepted).toBe('unknown');
	});
});

describe('the id of a submit', () => {
	const aimlapi = providerById('aimlapiPixverse');
	const idOf = (unique: string) => submitIdentity(aimlapi, {}, unique).requestId;

	it('has only characters that the provider takes, and 128 of them at most', () => {
		expect(idOf('n1 ä/7')).toBe('n1---7');
		expect(idOf('x'.repeat(200))).toBe('x'.repeat(128));
	});

	it('goes in the header that the provider reads', () => {
		expect(submitIdentity(aimlapi, {}, 'n1').headers).toEqual({ 'X-Client-Request-Id': 'n1' });
		expect(submitIdentity(localGpu, {}, 'n1').headers).toEqual({ 'Idempotency-Key': 'n1' });
		expect(submitIdentity(providerById('novita'), {}, 'n1')).toEqual({ headers: {} });
	});
});
