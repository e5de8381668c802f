/** What a host gives to the life of a job: HTTP, a clock, sleep and randomness. */
import type { HttpCall, JsonObject, Provider, Reply } from '../providers/contract';
import { absoluteUrl, mayCarryKey } from '../providers/hosts';

/** A request as a host sends it. Redirects are never followed by the host: the next address may not see the key. */
export interface HttpRequest {
	method: 'GET' | 'POST' | 'DELETE';
	/** Absolute. */
	url: string;
	query?: Record<string, string>;
	headers?: Record<string, string>;
	body?: JsonObject;
	/** The key, where it goes along, goes into the query. */
	keyInQuery?: true;
	/** Whether the host adds the account's key. */
	authenticate: boolean;
}

/**
 * Answers with the reply whatever its HTTP status, and throws only where there was no reply.
 * With `signal` absent the request can not be aborted: a submit that is on its way must be awaited to its reply.
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
	/** What to do about a connection that was not made, where this host has settings of its own for it. */
	advice?: { certificate?: string; connection?: string };
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
