/** What an error means that was thrown in place of a reply: whether the request left, and what to tell a person. */
import type { Accepted } from '../providers/contract';
import { isObject } from '../providers/schema/wire';
import { describeSystemErrors } from './systemErrors';

/** The connection was never made, or the request could not be written: nothing was sent. */
const NEVER_SENT = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'EAI_FAIL',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'EADDRNOTAVAIL',
	'ERR_INVALID_CHAR',
	'ERR_INVALID_URL',
	'UND_ERR_CONNECT_TIMEOUT',
	'UND_ERR_INVALID_ARG',
	'CERT_HAS_EXPIRED',
	'CERT_NOT_YET_VALID',
	'CERT_REVOKED',
	'CERT_UNTRUSTED',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'ERR_TLS_CERT_ALTNAME_INVALID',
	'HOSTNAME_MISMATCH',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'UNABLE_TO_GET_ISSUER_CERT',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
/** Node's words for a TLS handshake that came to nothing; the request follows only after it. */
const NO_HANDSHAKE = [
	{
		code: 'TLS_NOT_SPOKEN',
		words: /:wrong version number:|ERR_SSL_WRONG_VERSION_NUMBER/,
		message: 'the address begins with https, but nothing secure answers there',
	},
	{
		code: 'HANDSHAKE_CUT',
		words: /before secure TLS connection was established/,
		message: 'the connection was cut before it was secure',
	},
];

const DOUBTFUL = /^(ECONNRESET|EPIPE|ETIMEDOUT|ECONNABORTED|UND_ERR_SOCKET)$/;

export interface TransportFailure {
	code: string;
	message: string;
	/** `no` where the request certainly never left, `unknown` otherwise. */
	accepted: Extract<Accepted, 'no' | 'unknown'>;
}

/** What a thrown transport error means. Looks through wrappers (n8n's NodeApiError, fetch's cause, AggregateError). */
export function transportFailure(error: unknown): TransportFailure {
	const chain = [...errorChain(error)];
	const noHandshake = NO_HANDSHAKE.find(({ words }) =>
		chain.some(({ code, message }) => words.test(`${code} ${message}`)),
	);
	if (noHandshake) {
		const { code, message } = noHandshake;
		return { code, message, accepted: 'no' };
	}
	const codes = chain.map(codeOf).filter((code) => typeof code === 'string');
	const code = codes.find((known) => NEVER_SENT.has(known)) ?? codes[0] ?? 'UNKNOWN';
	const deepest = chain.at(-1);
	const message = describeSystemErrors(
		String(deepest?.message || (error as Error)?.message || code),
	);
	// Every attempt of an AggregateError must have failed before sending; one reset among them leaves doubt.
	// A wrapper bears the code of what it wraps, and says less about it.
	const doubtful = chain
		.filter(({ cause, errors }) => !isObject(cause) && !Array.isArray(errors))
		.some((part) => DOUBTFUL.test(codeOf(part) ?? ''));
	return { code, message, accepted: NEVER_SENT.has(code) && !doubtful ? 'no' : 'unknown' };
}

function codeOf({ code, httpCode, message }: ErrorLike): string | undefined {
	// A connection that ran out of time, or was cut, while it was being made is one that never was.
	if (/^connect (ECONNRESET|ETIMEDOUT)\b/.test(message ?? '')) return 'EHOSTUNREACH';
	const isCode = typeof httpCode === 'string' && /^E[A-Z_]+$/.test(httpCode);
	return code ?? (isCode ? httpCode : undefined);
}

interface ErrorLike {
	code?: string;
	/** An HTTP status; n8n 1.x, which drops the cause, keeps a transport error's code here. */
	httpCode?: unknown;
	message?: string;
	cause?: unknown;
	errors?: unknown;
	errorResponse?: unknown;
}

function* errorChain(error: unknown, depth = 0): Generator<ErrorLike> {
	if (typeof error !== 'object' || error === null || depth > 5) return;
	const like = error as ErrorLike;
	yield like;
	for (const next of [like.cause, like.errorResponse]) {
		if (next !== error) yield* errorChain(next, depth + 1);
	}
	if (Array.isArray(like.errors)) {
		for (const inner of like.errors) yield* errorChain(inner, depth + 1);
	}
}

export const isAbort = (error: unknown): boolean =>
	[...errorChain(error)].some(
		(part) =>
			(part as Error).name === 'AbortError' ||
			part.code === 'ABORT_ERR' ||
			part.code === 'ERR_CANCELED',
	);
