import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { DeliveryOutcome } from '../store/deliveries.ts';
import type { CheckedTarget } from './guard.ts';

export const TIMEOUT_SECONDS = 15;
const MAX_REPLY_BYTES = 64 * 1024;
/** Connections that wait for the next callback to the same receiver. */
const KEEP_ALIVE = { keepAlive: true, maxFreeSockets: 32, timeout: 20_000 } as const;

/**
 * Posts to addresses that were checked, over connections that are kept for a while: each was made to an
 * address that had been checked then. Redirects are not followed, an answer is read up to 64 kB and thrown
 * away, and all of it together has 15 seconds.
 */
export class Sender {
	readonly #http = new HttpAgent(KEEP_ALIVE);
	readonly #https = new HttpsAgent(KEEP_ALIVE);

	async post(
		target: CheckedTarget,
		body: string,
		headers: Record<string, string>,
	): Promise<DeliveryOutcome> {
		const signal = AbortSignal.timeout(TIMEOUT_SECONDS * 1000);
		const options: RequestOptions = {
			method: 'POST',
			lookup: only(target),
			signal,
			headers: {
				...headers,
				'content-type': 'application/json',
				'content-length': Buffer.byteLength(body),
				'user-agent': 'gpu-local',
			},
		};
		const first = await this.#attempt(target.url, options, body);
		// The receiver closed the kept connection just then; it has not seen the request.
		if (!first.stale) return first.outcome;
		return (await this.#attempt(target.url, { ...options, agent: false }, body)).outcome;
	}

	close(): void {
		this.#http.destroy();
		this.#https.destroy();
	}

	async #attempt(
		url: URL,
		options: RequestOptions,
		body: string,
	): Promise<{ outcome: DeliveryOutcome; stale: boolean }> {
		const secure = url.protocol === 'https:';
		return await new Promise((resolve) => {
			const answered = (response: IncomingMessage): void => {
				const outcome: DeliveryOutcome = { status: response.statusCode ?? 0 };
				const retryAfter = Number(response.headers['retry-after']);
				if (Number.isFinite(retryAfter) && retryAfter > 0) outcome.retryAfterSeconds = retryAfter;
				let bytes = 0;
				response.on('data', (chunk: Buffer) => {
					bytes += chunk.length;
					if (bytes > MAX_REPLY_BYTES) response.destroy();
				});
				response.on('close', () => resolve({ outcome, stale: false }));
				response.on('error', () => resolve({ outcome, stale: false }));
			};
			const request: ClientRequest = secure
				? httpsRequest(url, { agent: this.#https, ...options }, answered)
				: httpRequest(url, { agent: this.#http, ...options }, answered);
			request.on('error', (error: NodeJS.ErrnoException) => {
				const stale = request.reusedSocket && error.code === 'ECONNRESET';
				resolve({ outcome: { error: describe(error) }, stale });
			});
			request.end(body);
		});
	}
}

/** A look-up that knows just the address that was checked. */
const only =
	({ address, family }: CheckedTarget): LookupFunction =>
	(_host, options, callback) => {
		if (options.all) callback(null, [{ address, family }]);
		else callback(null, address, family);
	};

function describe(error: NodeJS.ErrnoException): string {
	if (error.name === 'AbortError' || error.name === 'TimeoutError') {
		return `no answer within ${TIMEOUT_SECONDS} seconds`;
	}
	const words: Record<string, string> = {
		ECONNREFUSED: 'nothing listens at this address',
		ECONNRESET: 'the receiver closed the connection',
		ENOTFOUND: 'there is no such host',
		EHOSTUNREACH: 'the host cannot be reached',
		ENETUNREACH: 'the network cannot be reached',
	};
	return words[error.code ?? ''] ?? error.message;
}
