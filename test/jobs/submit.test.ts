/** How often a submit is sent: again only where it certainly never arrived and may arrive the next time. */
import { describe, expect, it } from 'vitest';
import { submitOnce } from '../../jobs/submit';
import { localGpu } from '../../providers/localGpu';
import { virtualHost } from '../support/virtualClock';

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
