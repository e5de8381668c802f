/** What an error means that was thrown in place of a reply: whether the request left, and what to tell a person. */
import type { Accepted, FailureCode, ProviderFailure } from '../providers/contract';
import { failure } from '../providers/replies/failures';
import { isObject } from '../providers/schema/wire';
import type { Host } from './host';
import { describeSystemErrors } from './systemErrors';

/**
 * Thrown by a host for what goes wrong before it begins to send: a credential that is gone, an address that is none.
 * Nothing has left, whatever the reason.
 */
export class NotSentError extends Error {
	override name = 'NotSentError';
	constructor(
		message: string,
		/** What to do next, in the host's words. */
		readonly advice: string,
		readonly failureCode: FailureCode = 'invalid_request',
	) {
		super(message);
	}
}

/**
 * Thrown by a host that sees when a request begins to leave, around whatever ended one before that: looking the name up,
 * connecting, a proxy, the handshake of a secure connection.
 */
export class NotBegunError extends Error {
	override name = 'NotBegunError';
	constructor(cause: unknown) {
		super(cause instanceof Error ? cause.message : String(cause), { cause });
	}
}

/** Codes that only stand for a connection that was never made, or a request that could not be written. */
const NEVER_SENT = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'EAI_FAIL',
	'ERR_INVALID_CHAR',
	'ERR_INVALID_URL',
	'UND_ERR_CONNECT_TIMEOUT',
	'UND_ERR_INVALID_ARG',
]);
const BAD_CERTIFICATE = new Set([
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
		lasting: true,
	},
	{
		code: 'HANDSHAKE_CUT',
		words: /before secure TLS connection was established/,
		message: 'the connection was cut before it was secure',
		lasting: false,
	},
];

/** While a connection is made they mean that it was not; later, that the request may have arrived. */
const DOUBTFUL =
	/^(ECONNRESET|EPIPE|ETIMEDOUT|ECONNABORTED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_SOCKET)$/;
/** What is wrong now is so in a second too. */
const LASTING = /^(ERR_INVALID|UND_ERR_INVALID|ERR_SSL|EPROTO)/;
/** OpenSSL's words, between numbers and file names. */
const TLS_PROBLEM = /:SSL routines:[^:]*:([^:]+):/;

export interface TransportFailure {
	code: string;
	message: string;
	/** `no` where the request certainly never left, `unknown` otherwise. */
	accepted: Extract<Accepted, 'no' | 'unknown'>;
	/** The next attempt would end the same way. */
	lasting: boolean;
	/** What a host's own advice depends on. */
	kind: 'certificate' | 'connection' | 'notSent';
	/** Where the host itself said why nothing was sent. */
	reason?: NotSentError;
}

/** What a thrown transport error means. Looks through wrappers (n8n's NodeApiError, fetch's cause, AggregateError). */
export function transportFailure(error: unknown): TransportFailure {
	const chain = [...errorChain(error)];
	const notSent = chain.find((part) => part instanceof NotSentError);
	if (notSent instanceof NotSentError) {
		const { message } = notSent;
		const told = { code: 'NOT_SENT', message, accepted: 'no', lasting: true } as const;
		return { ...told, kind: 'notSent', reason: notSent };
	}
	const noHandshake = NO_HANDSHAKE.find(({ words }) =>
		chain.some(({ code, message }) => words.test(`${code} ${message}`)),
	);
	if (noHandshake) {
		const { code, message, lasting } = noHandshake;
		return { code, message, accepted: 'no', lasting, kind: 'connection' };
	}
	const codes = chain.map(codeOf).filter((code) => code !== undefined);
	const badCertificate = codes.find((code) => BAD_CERTIFICATE.has(code));
	if (badCertificate) {
		return {
			code: badCertificate,
			message: `its certificate is not trusted: ${(wordsOf(chain).split(';')[0] ?? '').trim()}`,
			accepted: 'no',
			lasting: true,
			kind: 'certificate',
		};
	}
	const code = codes.find((known) => NEVER_SENT.has(known)) ?? codes[0] ?? 'UNKNOWN';
	const words = wordsOf(chain);
	const tlsProblem = TLS_PROBLEM.exec(words)?.[1];
	return {
		code,
		message: tlsProblem
			? `no secure connection came about: ${tlsProblem}`
			: describeSystemErrors(words || code),
		accepted: chain.some(neverBegun) ? 'no' : acceptedAfter(chain),
		lasting: LASTING.test(code),
		kind: 'connection',
	};
}

/**
 * The same as a failure.
 *
 * @param happened what came of it, as a sentence around the cause
 */
export function transportProblem(
	told: TransportFailure,
	happened: (message: string) => string,
	accepted: Accepted,
	{ advice }: Pick<Host, 'advice'>,
): ProviderFailure {
	const { kind, lasting, message, reason } = told;
	if (reason) return failure(reason.failureCode, message, { accepted, advice: reason.advice });
	const own = kind === 'notSent' || told.accepted === 'unknown' ? undefined : advice?.[kind];
	return failure('network', happened(message), {
		accepted,
		retryable: told.accepted === 'no' && !lasting,
		...(own ? { advice: own } : {}),
	});
}

const wordsOf = (chain: ErrorLike[]): string =>
	String(chain.at(-1)?.message || chain[0]?.message || '');

/**
 * Every attempt of an AggregateError must have failed before sending; one reset among them leaves doubt. A wrapper bears
 * the code of what it wraps, and says less about it.
 */
function acceptedAfter(chain: ErrorLike[]): TransportFailure['accepted'] {
	const isWrapper = ({ cause, errors }: ErrorLike) => isObject(cause) || Array.isArray(errors);
	const isNever = (part: ErrorLike) => atConnect(part) || NEVER_SENT.has(codeOf(part) ?? '');
	const doubtful = chain.some(
		(part) => !isWrapper(part) && !atConnect(part) && DOUBTFUL.test(codeOf(part) ?? ''),
	);
	return chain.some(isNever) && !doubtful ? 'no' : 'unknown';
}

/**
 * What axios puts on its errors is Node's own request: one that never got a connection (a proxy refused it, or time ran
 * out in the line for one), or got one that never became secure, has not begun to leave.
 */
function neverBegun(part: ErrorLike): boolean {
	if (part instanceof NotBegunError) return true;
	if (!isObject(part.request) || !('socket' in part.request)) return false;
	const { socket } = part.request;
	return !isObject(socket) || socket.secureConnecting === true;
}

/** A connection that failed in any way while it was being made is one that never was. */
const atConnect = ({ syscall, message }: ErrorLike): boolean =>
	syscall === 'connect' || /^connect E[A-Z]+\b/.test(message ?? '');

function codeOf({ code, httpCode }: ErrorLike): string | undefined {
	const isCode = typeof httpCode === 'string' && /^E[A-Z_]+$/.test(httpCode);
	return typeof code === 'string' ? code : isCode ? httpCode : undefined;
}

interface ErrorLike {
	code?: unknown;
	syscall?: unknown;
	/** An HTTP status; n8n 1.x, which drops the cause, keeps a transport error's code here. */
	httpCode?: unknown;
	message?: string;
	cause?: unknown;
	errors?: unknown;
	errorResponse?: unknown;
	request?: unknown;
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
