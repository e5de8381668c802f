/**
 * The body of a callback, read here and not by n8n: n8n would take up to N8N_PAYLOAD_SIZE_MAX into memory, write the
 * files of a form to disk, unpack what is packed, and answer with 500 what is too large.
 */
import { isJsonType, MAX_CALLBACK_BYTES } from '../../jobs/callback/receive';

/** A sender that goes on beyond this is cut off; up to here it gets to read why it was refused. */
const MAX_DISCARDED_BYTES = 16 * 1024 ** 2;

/** What is needed of an Express request as n8n hands it out. */
export interface BodyRequest {
	/** Lower-case names. */
	headers: Record<string, string | string[] | undefined>;
	/** Where this n8n read the body nevertheless. */
	rawBody?: Uint8Array;
	iterator(options: { destroyOnReturn: boolean }): AsyncIterator<Uint8Array>;
}

export interface Refusal {
	status: 413 | 415;
	reason: string;
	/** Of the answer. */
	headers?: Record<string, string>;
}

/** @throws where the sender went away */
export async function readBody(request: BodyRequest): Promise<Uint8Array | Refusal> {
	const { headers } = request;
	if (!isJsonType(headers)) {
		return {
			status: 415,
			reason: 'The message must be JSON (Content-Type: application/json).',
			headers: { Accept: 'application/json' },
		};
	}
	const packing = String(headers['content-encoding'] ?? 'identity');
	if (packing !== 'identity') {
		return {
			status: 415,
			reason: `The message must not be packed (Content-Encoding: ${packing.slice(0, 20)}).`,
			headers: { 'Accept-Encoding': 'identity' },
		};
	}
	if (request.rawBody) return request.rawBody;
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	const iterator = request.iterator({ destroyOnReturn: false });
	for (;;) {
		const { value, done } = await iterator.next();
		if (done) break;
		bytes += value.byteLength;
		if (bytes <= MAX_CALLBACK_BYTES) chunks.push(value);
		if (bytes > MAX_DISCARDED_BYTES) {
			return { ...TOO_LARGE, headers: { Connection: 'close' } };
		}
	}
	return bytes > MAX_CALLBACK_BYTES ? TOO_LARGE : Buffer.concat(chunks);
}

const TOO_LARGE: Refusal = {
	status: 413,
	reason: `The message is larger than ${MAX_CALLBACK_BYTES / 1024 ** 2} MiB.`,
};
