import { createHmac, timingSafeEqual } from 'node:crypto';
import { ARTIFACT_NAME } from './store.ts';

/** Path and query of a link that opens a file without a key until it expires. */
export function signPath(secret: string, name: string, expiresAt: Date): string {
	const expires = Math.floor(expiresAt.getTime() / 1000);
	return `/files/${name}?expires=${expires}&signature=${signatureOf(secret, name, expires)}`;
}

export function isSigned(
	secret: string,
	name: string,
	query: { expires?: unknown; signature?: unknown },
	nowMs: number,
): boolean {
	const { expires, signature } = query;
	if (!ARTIFACT_NAME.test(name)) return false;
	if (typeof expires !== 'string' || !/^\d{1,12}$/.test(expires)) return false;
	if (typeof signature !== 'string' || Number(expires) * 1000 < nowMs) return false;
	const wanted = Buffer.from(signatureOf(secret, name, Number(expires)));
	const given = Buffer.from(signature);
	return given.length === wanted.length && timingSafeEqual(given, wanted);
}

const signatureOf = (secret: string, name: string, expires: number): string =>
	createHmac('sha256', secret).update(`${name}\n${expires}`).digest('base64url');
