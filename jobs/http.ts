/** What a host gives to the life of a job: HTTP, a clock, sleep and randomness. */
import type { Accepted, HttpCall, JsonObject, Provider, Reply } from '../providers/contract';
import { absoluteUrl, mayCarryKey } from '../providers/hosts';
import { plainWords } from './plainWords';

/** A request as a host sends it. Redirects are never followed by the host: the next address may not see the key. */
export interface HttpRequest {
	method: 'GET' | 'POST' | 'DELETE';
	/** Absolute. */
	url: string;
	query?: Record<string, string>;
	headers?: Record<string, string>;
	body?: JsonObject;
	/** Whether the host adds the account's key. */
	authenticate: boolean;
}

/**
 * Answers with the reply whatever its HTTP status, and throws only where there was no reply.
 * With `signal` absent the request can not be aborted: a submit that is on its way must be heard out.
 */
export type Http = (request: HttpRequest, signal?: AbortSignal) => Promise<Reply>;

/** Bytes of a reply, as Node gives them. Structural, so that this folder needs no Node types of streams. */
export interface ByteStream extends AsyncIterable<Uint8Array> {
	destroy(error?: Error): unknown;
}

export interface StreamReply {
	status: number;
	headers: Record<string, string>;
	stream: ByteStream;
}

export type HttpStream = (request: HttpRequest, signal?: AbortSignal) => Promise<StreamReply>;

export interface Clock {
	/** Unix milliseconds. */
	now(): number;
	/** Rejects at once with an AbortError when the signal fires. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Host extends Clock {
	http: Http;
	/** 0 ≤ n < 1. */
	random(): number;
	log?(level: 'info' | 'warn', message: string): void;
}

export interface Account {
	baseUrl: string;
}

/** The request of a provider's call, with the decision whether the key may go along. */
export function requestOf(provider: Provider, account: Account, call: HttpCall): HttpRequest {
	const url = absoluteUrl(call.url, account.baseUrl);
	return {
		...call,
		url,
		authenticate: mayCarryKey(url, account.baseUrl, provider.account.keyHosts),
	};
}

/** The connection was never made, so nothing was sent. */
const NEVER_SENT = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'EAI_FAIL',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'EADDRNOTAVAIL',
	'ERR_INVALID_URL',
	'UND_ERR_CONNECT_TIMEOUT',
	'CERT_HAS_EXPIRED',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'ERR_TLS_CERT_ALTNAME_INVALID',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

export interface TransportFailure {
	code: string;
	message: string;
	/** `no` where the request certainly never left, `unknown` otherwise. */
	accepted: Extract<Accepted, 'no' | 'unknown'>;
}

/** What a thrown transport error means. Looks through wrappers (n8n's NodeApiError, fetch's cause, AggregateError). */
export function transportFailure(error: unknown): TransportFailure {
	const chain = [...errorChain(error)];
	const codes = chain.map((part) => part.code).filter((code) => typeof code === 'string');
	const code = codes.find((known) => NEVER_SENT.has(known)) ?? codes[0] ?? 'UNKNOWN';
	const deepest = chain.at(-1);
	const message = plainWords(String(deepest?.message || (error as Error)?.message || code));
	// Every attempt of an AggregateError must have failed before sending; one reset among them leaves doubt.
	const doubtful = codes.some((known) =>
		/^(ECONNRESET|EPIPE|ETIMEDOUT|ECONNABORTED|UND_ERR_SOCKET)$/.test(known),
	);
	return { code, message, accepted: NEVER_SENT.has(code) && !doubtful ? 'no' : 'unknown' };
}

interface ErrorLike {
	code?: string;
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
