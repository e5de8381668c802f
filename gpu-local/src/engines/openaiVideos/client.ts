import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { EngineError } from '../engine.ts';
import { messageOf } from './flavours.ts';
import type { Flavour } from './flavours.ts';

export interface Remote {
	baseUrl: string;
	apiKey: string | undefined;
	flavour: Flavour;
}

/** One call, whatever its answer; rejects with `worker_lost` where there was none. */
export async function call(
	remote: Remote,
	method: 'GET' | 'POST' | 'DELETE',
	path: string,
	signal: AbortSignal,
	body?: Record<string, string | number>,
): Promise<Response> {
	try {
		return await fetch(`${remote.baseUrl}${path}`, {
			method,
			signal,
			headers: {
				...(remote.apiKey ? { authorization: `Bearer ${remote.apiKey}` } : {}),
				...(body && remote.flavour.encoding === 'json'
					? { 'content-type': 'application/json' }
					: {}),
			},
			...(body ? { body: encode(body, remote.flavour) } : {}),
		});
	} catch (error) {
		signal.throwIfAborted();
		throw new EngineError('worker_lost', `The video server ${remote.baseUrl} does not answer.`, {
			remedy: 'Start it, or check GPU_LOCAL_OPENAI_URL.',
			cause: error,
		});
	}
}

function encode(body: Record<string, string | number>, flavour: Flavour): string | FormData {
	if (flavour.encoding === 'json') return JSON.stringify(body);
	const form = new FormData();
	for (const [name, value] of Object.entries(body)) form.set(name, String(value));
	return form;
}

/** JSON, or the text where it is none. */
export async function bodyOf(response: Response): Promise<unknown> {
	const text = await response.text();
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return text;
	}
}

export async function save(response: Response, file: string): Promise<void> {
	await pipeline(
		Readable.fromWeb(response.body as unknown as ReadableStream),
		createWriteStream(file),
	);
}

export async function saveBase64(text: string, file: string): Promise<void> {
	await writeFile(file, Buffer.from(text, 'base64'));
}

/** An answer below 500 is about the request; anything else is the server's trouble. */
export function refusal(status: number, body: unknown): EngineError {
	const words = messageOf(body) ?? `HTTP ${status}`;
	if (/out of memory|\boom\b/i.test(words)) {
		return new EngineError('gpu_oom', `The video server ran out of memory: ${words}`, {
			remedy: 'Ask for a smaller or shorter video.',
		});
	}
	if (status >= 500 || status === 429) {
		return new EngineError('worker_lost', `The video server had a problem: ${words}`);
	}
	return new EngineError('invalid_request', `The video server refused the request: ${words}`);
}
