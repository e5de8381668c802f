import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { DeliveryOutcome } from '../store/deliveries.ts';
import type { CheckedTarget } from './guard.ts';

const TIMEOUT_MS = 15_000;
const MAX_REPLY_BYTES = 64 * 1024;

/**
 * One POST to the address that was checked. Redirects are not followed, an answer is read up to 64 kB
 * and thrown away, and all of it together has 15 seconds.
 */
export async function send(
	target: CheckedTarget,
	body: string,
	headers: Record<string, string>,
): Promise<DeliveryOutcome> {
	const { url, address, family } = target;
	const lookup: LookupFunction = (_host, options, callback) => {
		if (options.all) callback(null, [{ address, family }]);
		else callback(null, address, family);
	};
	const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
	return await new Promise<DeliveryOutcome>((resolve) => {
		const request = start(
			url,
			{
				method: 'POST',
				lookup,
				agent: false,
				signal: AbortSignal.timeout(TIMEOUT_MS),
				headers: {
					...headers,
					'content-type': 'application/json',
					'content-length': Buffer.byteLength(body),
					'user-agent': 'gpu-local',
				},
			},
			(response) => {
				const outcome: DeliveryOutcome = { status: response.statusCode ?? 0 };
				const retryAfter = Number(response.headers['retry-after']);
				if (Number.isFinite(retryAfter) && retryAfter > 0) outcome.retryAfterSeconds = retryAfter;
				let bytes = 0;
				response.on('data', (chunk: Buffer) => {
					bytes += chunk.length;
					if (bytes > MAX_REPLY_BYTES) response.destroy();
				});
				response.on('close', () => resolve(outcome));
				response.on('error', () => resolve(outcome));
			},
		);
		request.on('error', (error: NodeJS.ErrnoException) => {
			const timedOut = error.name === 'AbortError' || error.name === 'TimeoutError';
			resolve({
				error: timedOut ? `no answer within ${TIMEOUT_MS / 1000} seconds` : describe(error),
			});
		});
		request.end(body);
	});
}

function describe(error: NodeJS.ErrnoException): string {
	const words: Record<string, string> = {
		ECONNREFUSED: 'nothing listens at this address',
		ECONNRESET: 'the receiver closed the connection',
		ENOTFOUND: 'there is no such host',
		EHOSTUNREACH: 'the host cannot be reached',
		ENETUNREACH: 'the network cannot be reached',
	};
	return words[error.code ?? ''] ?? error.message;
}
