/** How often a submit is sent: again only where it certainly never arrived and may arrive the next time. */
import { describe, expect, it } from 'vitest';
import { submitOnce } from '../../jobs/submit';
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

	it('does not repeat a doubtful one', async () => {
		expect((await attempts([doubtful, { job }])).sent).toBe(1);
	});

	it('repeats a doubtful one with an idempotency key', async () => {
		const { sent, result } = await attempts([doubtful, { job }], true);
		expect(sent).toBe(2);
		expect(result.job).toBe(job);
	});

	it('does not call it safe when a doubtful attempt was followed by one that never left', async () => {
		const { result } = await attempts([doubtful, unreachable, unreachable, unreachable], true);
		expect(result.failure?.accepted).toBe('unknown');
	});
});
