/** The HTTP of the simulators: listening on loopback, reading requests, writing answers, breaking connections. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FileAnswer } from './files';
import type { Answer, Fault, Incoming } from './types';

export async function listen(server: Server): Promise<string> {
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function closeServer(server: Server): Promise<void> {
	const closed = new Promise<void>((resolve) => server.close(() => resolve()));
	server.closeAllConnections();
	await closed;
}

export async function readBody(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString('utf8');
}

export async function readIncoming(request: IncomingMessage, raw: string): Promise<Incoming> {
	const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator');
	const headers = Object.fromEntries(
		Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
	);
	return {
		method: request.method ?? 'GET',
		path: pathname,
		query: searchParams,
		headers,
		body: /^multipart\/form-data/.test(headers['content-type'] ?? '')
			? await fieldsOf(raw, headers['content-type']!)
			: parsed(raw),
	};
}

/** The texts of a form; files are only named. */
async function fieldsOf(raw: string, contentType: string): Promise<unknown> {
	const form = await new Response(raw, { headers: { 'content-type': contentType } }).formData();
	return Object.fromEntries(
		[...form].map(([name, value]) => [name, typeof value === 'string' ? value : value.name]),
	);
}

function parsed(raw: string): unknown {
	try {
		return raw === '' ? undefined : JSON.parse(raw);
	} catch {
		return raw;
	}
}

export function send(
	response: ServerResponse,
	answer: Answer | FileAnswer,
	head: boolean,
	fault?: Fault['kind'],
): void {
	const json = typeof answer.body !== 'string' && !Buffer.isBuffer(answer.body);
	const bytes = Buffer.isBuffer(answer.body)
		? answer.body
		: Buffer.from(json ? JSON.stringify(answer.body) : String(answer.body));
	const half = bytes.subarray(0, Math.floor(bytes.length / 2));
	const whole = fault === 'truncated' && json ? half : bytes;
	response.writeHead(answer.status, {
		'content-type': json ? 'application/json' : 'text/html; charset=utf-8',
		'content-length': whole.length,
		...answer.headers,
	});
	if (fault === 'truncated' && !json) {
		// Half of a file, and then the connection breaks.
		response.write(half, () => response.socket?.resetAndDestroy());
		return;
	}
	response.end(head ? undefined : whole);
}
