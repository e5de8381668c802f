import { describe, expect, it } from 'vitest';
import { sign, verify } from '../../../jobs/callback/standardWebhooks';

/** The vector of the specification's own libraries. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const TIMESTAMP = 1614265330;
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

const message = (change: Record<string, string | undefined> = {}, rawBody: string = BODY) => ({
	headers: {
		'webhook-id': ID,
		'webhook-timestamp': String(TIMESTAMP),
		'webhook-signature': SIGNATURE,
		...change,
	},
	rawBody,
	secrets: [SECRET],
	nowMs: TIMESTAMP * 1000,
});

describe('Standard Webhooks', () => {
	it('signs as the specification does', () => {
		expect(sign(SECRET, ID, TIMESTAMP, BODY)).toBe(SIGNATURE);
		expect(sign(SECRET, ID, TIMESTAMP, Buffer.from(BODY))).toBe(SIGNATURE);
	});

	it('believes the right signature, with the bytes as text or raw', () => {
		expect(verify(message())).toBe(true);
		expect(verify({ ...message(), rawBody: Buffer.from(BODY) })).toBe(true);
	});

	it('believes any of several signatures and any of several secrets, so that a secret can be replaced', () => {
		const old = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
		expect(verify(message({ 'webhook-signature': `v1,AAAA v1a,BBBB ${SIGNATURE}` }))).toBe(true);
		expect(verify({ ...message(), secrets: [old, SECRET] })).toBe(true);
		expect(verify({ ...message(), secrets: [old] })).toBe(false);
	});

	it.each([
		['another body', message({}, `${BODY} `)],
		['another id', message({ 'webhook-id': 'msg_other' })],
		['another time', message({ 'webhook-timestamp': String(TIMESTAMP + 1) })],
		['no signature', message({ 'webhook-signature': undefined })],
		['another version', message({ 'webhook-signature': SIGNATURE.replace('v1,', 'v2,') })],
		['a time that is none', message({ 'webhook-timestamp': '1e9' })],
		['no secret', { ...message(), secrets: [] }],
		['an empty secret', { ...message(), secrets: ['', 'whsec_'] }],
		['a message from five minutes ago', { ...message(), nowMs: (TIMESTAMP + 301) * 1000 }],
		['a message from the future', { ...message(), nowMs: (TIMESTAMP - 301) * 1000 }],
	])('does not believe %s', (_name, changed) => {
		expect(verify(changed)).toBe(false);
	});

	it.each([
		[300_000, true],
		[300_001, false],
		[-300_000, true],
		[-300_001, false],
	])('believes a message that is %i ms old: %s', (ageMs, believed) => {
		expect(verify({ ...message(), nowMs: TIMESTAMP * 1000 + ageMs })).toBe(believed);
	});

	it.each([
		['no id', { 'webhook-id': undefined }],
		['an empty id', { 'webhook-id': '' }],
		['no time', { 'webhook-timestamp': undefined }],
		['a time with more behind it', { 'webhook-timestamp': `${TIMESTAMP}.0` }],
		['a time with a blank before it', { 'webhook-timestamp': ` ${TIMESTAMP}` }],
		['a longer time than there is', { 'webhook-timestamp': `000${TIMESTAMP}` }],
		['more behind the signature', { 'webhook-signature': `${SIGNATURE}=` }],
	])('does not believe %s', (_name, change) => {
		expect(verify(message(change))).toBe(false);
	});

	it('does not believe several headers of one name', () => {
		for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const) {
			const { headers, ...rest } = message();
			expect(verify({ ...rest, headers: { ...headers, [name]: [headers[name]!] } })).toBe(false);
		}
	});

	it('does not believe who signs with no secret, where one was left empty', () => {
		for (const empty of ['', 'whsec_', ' ', '!']) {
			const forged = sign(empty, ID, TIMESTAMP, BODY);
			const secrets = [empty, SECRET];
			expect(verify({ ...message({ 'webhook-signature': forged }), secrets })).toBe(false);
		}
		const short = 'whsec_AA==';
		const signed = message({ 'webhook-signature': sign(short, ID, TIMESTAMP, BODY) });
		expect(verify({ ...signed, secrets: [short] })).toBe(true);
	});

	it('takes a secret as people paste it: with blanks around it, and without its name', () => {
		expect(verify({ ...message(), secrets: [` ${SECRET}\n`] })).toBe(true);
		expect(sign(SECRET.replace('whsec_', ''), ID, TIMESTAMP, BODY)).toBe(SIGNATURE);
		// Only in front it is a name.
		expect(sign(`AAAA${SECRET}`, ID, TIMESTAMP, BODY)).not.toBe(
			sign(`AAAA${SECRET.replace('whsec_', '')}`, ID, TIMESTAMP, BODY),
		);
	});
});
