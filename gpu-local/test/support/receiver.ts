import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from './server.ts';
import type { Json } from './json.ts';

export interface Received {
	path: string;
	headers: IncomingHttpHeaders;
	raw: string;
	body: Json;
}

export interface Answer {
	status: number;
	headers?: Record<string, string>;
}

/** A real receiver of callbacks on loopback. */
export async function startReceiver(answer: (nth: number) => Answer = () => ({ status: 200 })) {
	const received: Received[] = [];
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const raw = Buffer.concat(chunks).toString();
			received.push({
				path: request.url!,
				headers: request.headers,
				raw,
				body: raw ? JSON.parse(raw) : undefined,
			});
			const { status, headers } = answer(received.length);
			response.writeHead(status, headers).end('{}');
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return {
		url,
		received,
		/** Waits for the nth callback, counted from 1. */
		nth: (n: number) => eventually(async () => received[n - 1]),
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
