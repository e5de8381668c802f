/** undici as the `Http` of `jobs/`. Nothing else in this package talks HTTP. */
import { Agent, EnvHttpProxyAgent, request as send, type Dispatcher } from 'undici';
import type { Http, HttpRequest, HttpStream } from '../../../jobs/host';
import { redactKey } from '../../../jobs/redactKey';
import { parseReplyBody, replyHeaders } from '../../../jobs/reply';
import { NotBegunError } from '../../../jobs/transportErrors';
import type { Authentication } from '../../../providers/contract';
import { withKey } from './authentication';

const CONNECT_TIMEOUT_MS = 15_000;
/** Some services answer a submit only when the video is nearly done. */
const REPLY_TIMEOUT_MS = 5 * 60_000;
/** Between two pieces of a reply, so that a download that stands still ends. */
const STALL_TIMEOUT_MS = 2 * 60_000;
/** Replies are a few kilobytes. A host that sends more than this is not a provider. */
const MAX_REPLY_BYTES = 16 * 1024 ** 2;
const USER_AGENT = 'node-red-contrib-text-to-video';

export interface Access {
	authentication: Authentication;
	key: string | undefined;
}

export function createHttp(access: Access): { http: Http; stream: HttpStream } {
	return {
		async http(request, signal) {
			const reply = await open(request, access, signal);
			const text = await readText(reply.body);
			return redactKey(
				{
					status: reply.statusCode,
					headers: replyHeaders(reply.headers),
					body: parseReplyBody(text),
				},
				access.key,
			);
		},
		async stream(request, signal) {
			const reply = await open(request, access, signal);
			// Whoever reads hears of errors by reading. A stream that is dropped before must not end Node-RED.
			reply.body.on('error', () => undefined);
			return {
				status: reply.statusCode,
				headers: replyHeaders(reply.headers),
				stream: reply.body,
			};
		},
	};
}

async function open(
	request: HttpRequest,
	{ authentication, key }: Access,
	signal: AbortSignal | undefined,
): Promise<Dispatcher.ResponseData> {
	if (signal?.aborted) throw new NotBegunError(signal.reason);
	const { headers, body, query } = withKey(request, authentication, key);
	// A key in the body needs a body to be in; providers of that kind take POST without fields.
	const text = body ?? (request.method === 'POST' ? {} : undefined);
	const sending = watched(dispatcher());
	const reply = send(request.url, {
		method: request.method,
		dispatcher: sending.dispatcher,
		headers: {
			'user-agent': USER_AGENT,
			accept: '*/*',
			...(text ? { 'content-type': 'application/json' } : {}),
			...headers,
		},
		...(query ? { query } : {}),
		...(text ? { body: JSON.stringify(text) } : {}),
		...(signal ? { signal } : {}),
		headersTimeout: REPLY_TIMEOUT_MS,
		bodyTimeout: STALL_TIMEOUT_MS,
	});
	return await reply.catch((error: unknown) => {
		throw sending.hasBegun() ? error : new NotBegunError(error);
	});
}

/** undici tells when it has a connection, and begins to write the request to it. */
function watched(over: Dispatcher): { dispatcher: Dispatcher; hasBegun: () => boolean } {
	let begun = false;
	const dispatcher = over.compose((dispatch) => (options, handler) => {
		const watching: Dispatcher.DispatchHandler = {
			onRequestStart(...start) {
				begun = true;
				handler.onRequestStart?.(...start);
			},
			onRequestUpgrade: (...upgrade) => handler.onRequestUpgrade?.(...upgrade),
			onResponseStart: (...start) => handler.onResponseStart?.(...start),
			onResponseData: (...data) => handler.onResponseData?.(...data),
			onResponseEnd: (...end) => handler.onResponseEnd?.(...end),
			onResponseError: (...error) => handler.onResponseError?.(...error),
		};
		return dispatch(options, watching);
	});
	return { dispatcher, hasBegun: () => begun };
}

let shared: Dispatcher | undefined;

/** One for the process, so that connections are used again. Proxies are taken from the environment, as Node-RED does. */
function dispatcher(): Dispatcher {
	const options = { connect: { timeout: CONNECT_TIMEOUT_MS } };
	const proxied = ['http_proxy', 'https_proxy'].some(
		(name) => process.env[name] || process.env[name.toUpperCase()],
	);
	shared ??= proxied ? new EnvHttpProxyAgent(options) : new Agent(options);
	return shared;
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of body) {
		size += chunk.byteLength;
		if (size > MAX_REPLY_BYTES) throw new Error('The reply is larger than any provider sends');
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString('utf8');
}
