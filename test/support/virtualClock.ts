/** A host of a job's life whose time passes only when something sleeps; its HTTP is real. */
import type { Host, HttpRequest } from '../../jobs/host';
import type { Provider, Reply } from '../../providers/contract';

export interface VirtualHost extends Host {
	/** Every sleep, in milliseconds. */
	slept: number[];
	logged: string[];
}

export const START_MS = Date.UTC(2026, 0, 1);

/** @param key the account's key, put where the provider wants it */
export function virtualHost(provider: Provider, key: string): VirtualHost {
	let nowMs = START_MS;
	const slept: number[] = [];
	const logged: string[] = [];
	return {
		slept,
		logged,
		now: () => nowMs,
		random: () => 0.5,
		log: (_level, message) => void logged.push(message),
		async sleep(ms, signal) {
			if (signal?.aborted) throw new DOMException('Stopped', 'AbortError');
			slept.push(ms);
			nowMs += ms;
		},
		http: async (request, signal) => await send(provider, key, request, signal),
	};
}

async function send(
	provider: Provider,
	key: string,
	request: HttpRequest,
	signal?: AbortSignal,
): Promise<Reply> {
	const { authentication } = provider.account;
	const url = new URL(request.url);
	for (const [name, value] of Object.entries(request.query ?? {}))
		url.searchParams.set(name, value);
	const inBody = authentication.kind === 'bodyKey' ? { [authentication.property]: key } : {};
	const reply = await fetch(url, {
		method: request.method,
		redirect: 'manual',
		headers: {
			'content-type': 'application/json',
			...(authentication.kind === 'bearer' ? { authorization: `Bearer ${key}` } : {}),
			...request.headers,
		},
		...(request.method === 'POST' ? { body: JSON.stringify({ ...request.body, ...inBody }) } : {}),
		...(signal ? { signal } : {}),
	});
	const text = await reply.text();
	let body: unknown = text;
	try {
		body = JSON.parse(text);
	} catch {
		// Text, then.
	}
	const headers: Record<string, string> = {};
	reply.headers.forEach((value, name) => (headers[name] = value));
	return { status: reply.status, headers, body };
}
