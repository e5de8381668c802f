/** Standard Webhooks 1.0.0 (standardwebhooks.com), symmetric signatures: `v1,` + base64(HMAC-SHA256). */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the sender's clock, or a message on its way, may be off. */
const TOLERANCE_SECONDS = 300;

/**
 * @param secret `whsec_` and base64
 * @param id constant over the retries of one message
 * @param timestampSeconds Unix seconds of this attempt
 * @param rawBody the bytes as they are sent
 * @returns the value of the header `webhook-signature`
 */
export function sign(
	secret: string,
	id: string,
	timestampSeconds: number,
	rawBody: string | Uint8Array,
): string {
	const hmac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestampSeconds}.`);
	return `v1,${hmac.update(rawBody).digest('base64')}`;
}

export interface SignedMessage {
	/** Any of them may fit, so that a secret can be replaced without a gap. */
	secrets: readonly string[];
	/** Lower-case names. */
	headers: Record<string, string | string[] | undefined>;
	rawBody: string | Uint8Array;
	/** Unix milliseconds. */
	nowMs: number;
}

export function verify({ secrets, headers, rawBody, nowMs }: SignedMessage): boolean {
	const id = single(headers['webhook-id']);
	const timestamp = single(headers['webhook-timestamp']);
	const signatures = single(headers['webhook-signature']);
	if (!id || !timestamp || !signatures || !/^\d{1,12}$/.test(timestamp)) return false;
	const timestampSeconds = Number(timestamp);
	if (Math.abs(nowMs / 1000 - timestampSeconds) > TOLERANCE_SECONDS) return false;
	const given = signatures.split(' ').map((signature) => Buffer.from(signature));
	return secrets
		.filter((secret) => keyOf(secret).length > 0)
		.some((secret) => {
			const right = Buffer.from(sign(secret, id, timestampSeconds, rawBody));
			return given.some((one) => one.length === right.length && timingSafeEqual(one, right));
		});
}

const keyOf = (secret: string): Buffer =>
	Buffer.from(secret.trim().replace(/^whsec_/, ''), 'base64');

const single = (value: string | string[] | undefined): string | undefined =>
	Array.isArray(value) ? undefined : value;
