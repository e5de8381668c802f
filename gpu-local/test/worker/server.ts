import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { probe } from '../../src/artifacts/probe/index.ts';
import { startServer } from '../../src/app.ts';
import { readConfig } from '../../src/commands/config.ts';

export interface Video {
	id: string;
	status: string;
	[field: string]: unknown;
}

/** A real server on a free port, with the diffusers engine, over HTTP as a node uses it. */
export async function openServer(modelsFolder: string, args: string[] = []) {
	const dataFolder = await mkdtemp(join(tmpdir(), 'gpu-local-worker-'));
	const config = readConfig(
		[
			...['--port', '0', '--engine', 'diffusers', '--data', dataFolder],
			...['--models', modelsFolder, '--shutdown-seconds', '0', ...args],
		],
		process.env,
		'server',
	);
	const lines: Array<Record<string, unknown>> = [];
	const log = pino(
		{ level: 'info' },
		{ write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
	);
	const server = await startServer(config, log);

	const ask = async (method: string, path: string, body?: object): Promise<Response> =>
		await fetch(server.url + path, {
			method,
			...(body
				? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
				: {}),
		});
	const json = async (method: string, path: string, body?: object): Promise<Video> =>
		(await (await ask(method, path, body)).json()) as Video;

	return {
		url: server.url,
		log: lines,
		ask,
		submit: (fields: object) => json('POST', '/v1/videos', fields),
		get: (id: string) => json('GET', `/v1/videos/${id}`),
		cancel: (id: string) => json('POST', `/v1/videos/${id}/cancel`),
		async until(id: string, test: (video: Video) => boolean, everyMs = 100): Promise<Video> {
			for (;;) {
				const video = await json('GET', `/v1/videos/${id}`);
				if (test(video)) return video;
				await new Promise((resolve) => setTimeout(resolve, everyMs));
			}
		},
		/** What is in the finished file. */
		async look(id: string) {
			const reply = await ask('GET', `/v1/videos/${id}/content`);
			const bytes = Buffer.from(await reply.arrayBuffer());
			const file = join(dataFolder, `${id}.bin`);
			await writeFile(file, bytes);
			return { bytes, type: reply.headers.get('content-type'), facts: await probe(file) };
		},
		async close() {
			await server.stop();
			await rm(dataFolder, { recursive: true, force: true });
		},
	};
}

export const ended = ({ status }: Video): boolean =>
	['completed', 'failed', 'cancelled'].includes(status);
