import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startServer } from '../../src/app.ts';
import { readConfig } from '../../src/commands/config.ts';
import type { Json } from './json.ts';

export interface TestServer {
	url: string;
	dataFolder: string;
	stop(): Promise<void>;
	/** JSON in, JSON out, whatever the status. */
	call(
		method: string,
		path: string,
		body?: unknown,
		headers?: Record<string, string>,
	): Promise<{ status: number; headers: Headers; body: Json }>;
	/** Asks for the job until it is final. */
	finished(id: string, headers?: Record<string, string>): Promise<Json>;
}

const LOG_LEVEL = process.env.GPU_LOCAL_TEST_LOG ?? 'silent';

/** The real server on a free port with a data folder of its own. */
export async function startTestServer(
	args: string[] = [],
	env: Record<string, string | undefined> = {},
	log = pino({ level: LOG_LEVEL }),
): Promise<TestServer> {
	const dataFolder = await mkdtemp(join(tmpdir(), 'gpu-local-test-'));
	const config = readConfig(
		['--port', '0', '--data', dataFolder, '--shutdown-seconds', '0', ...args],
		env,
		'server',
	);
	const server = await startServer(config, log);
	const call: TestServer['call'] = async (method, path, body, headers = {}) => {
		const reply = await fetch(`${server.url}${path}`, {
			method,
			headers: {
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
				...headers,
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await reply.text();
		return { status: reply.status, headers: reply.headers, body: parse(text) };
	};
	return {
		url: server.url,
		dataFolder,
		call,
		stop: async () => {
			await server.stop();
			await rm(dataFolder, { recursive: true, force: true });
		},
		finished: async (id, headers) =>
			await eventually(async () => {
				const { body } = await call('GET', `/v1/videos/${id}`, undefined, headers);
				return ['queued', 'in_progress'].includes(body.status) ? undefined : body;
			}),
	};
}

/** The first answer that is not undefined. */
export async function eventually<Answer>(
	ask: () => Promise<Answer | undefined>,
	withinMs = 25_000,
): Promise<Answer> {
	const deadline = Date.now() + withinMs;
	for (;;) {
		const answer = await ask();
		if (answer !== undefined) return answer;
		if (Date.now() > deadline) throw new Error(`It did not happen within ${withinMs} ms`);
		await new Promise((resolve) => setTimeout(resolve, 30));
	}
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
