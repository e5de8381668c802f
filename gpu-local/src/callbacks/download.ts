import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { RefusedAddressError, resolveCallback } from './guard.ts';
import type { CallbackPolicy, CheckedTarget } from './guard.ts';

const TIMEOUT_MS = 20_000;
const MAX_REDIRECTS = 3;

/** The file could not be had; the message says why, as the end of a sentence. */
export class NoPictureError extends Error {
	override readonly name = 'NoPictureError';
}

/**
 * Fetches a file from an address that a stranger gave, by the rules for callback addresses: each
 * address on the way is checked, and connected to as it was checked.
 */
export async function download(
	address: string,
	policy: CallbackPolicy,
	maxBytes: number,
): Promise<Buffer> {
	const signal = AbortSignal.timeout(TIMEOUT_MS);
	let url = address;
	try {
		for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
			const target = await resolveCallback(url, policy);
			const answer = await get(target, signal);
			const { statusCode = 0, headers } = answer;
			if (statusCode >= 300 && statusCode < 400 && headers.location) {
				answer.destroy();
				url = new URL(headers.location, target.url).toString();
				continue;
			}
			if (statusCode !== 200) {
				answer.destroy();
				throw new NoPictureError(`its address answered with HTTP ${statusCode}`);
			}
			return await bodyOf(answer, maxBytes);
		}
	} catch (error) {
		throw asNoPicture(error, address);
	}
	throw new NoPictureError(`its address redirects more than ${MAX_REDIRECTS} times`);
}

function get(
	{ url, address, family }: CheckedTarget,
	signal: AbortSignal,
): Promise<IncomingMessage> {
	const lookup: LookupFunction = (_host, options, callback) => {
		if (options.all) callback(null, [{ address, family }]);
		else callback(null, address, family);
	};
	const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
	return new Promise((resolve, reject) => {
		const headers = { accept: 'image/*', 'user-agent': 'gpu-local' };
		start(url, { lookup, agent: false, signal, headers }, resolve).on('error', reject).end();
	});
}

async function bodyOf(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of answer) {
		chunks.push(chunk as Buffer);
		bytes += (chunk as Buffer).length;
		if (bytes > maxBytes) {
			answer.destroy();
			throw new NoPictureError(`it is larger than the ${maxBytes / 1_000_000} MB that are taken`);
		}
	}
	if (!answer.complete) throw new NoPictureError('its address broke the answer off');
	return Buffer.concat(chunks);
}

const WORDS: Record<string, string> = {
	ECONNREFUSED: 'nothing listens at its address',
	ECONNRESET: 'its address closed the connection',
	ENOTFOUND: 'there is no host of this name',
	EHOSTUNREACH: 'its host cannot be reached',
	ENETUNREACH: 'its network cannot be reached',
};

function asNoPicture(error: unknown, address: string): NoPictureError {
	if (error instanceof NoPictureError) return error;
	const shown = address.slice(0, 200);
	if (error instanceof RefusedAddressError) {
		return new NoPictureError(`its address ${shown} is not fetched: ${error.reason}`);
	}
	const { name, code, message } = error as NodeJS.ErrnoException;
	if (name === 'AbortError' || name === 'TimeoutError') {
		return new NoPictureError(`${shown} did not answer within ${TIMEOUT_MS / 1000} seconds`);
	}
	return new NoPictureError(`${WORDS[code ?? ''] ?? message} (${shown})`);
}
