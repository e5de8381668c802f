/** What people deploy with, run for real: HTTPS by Caddy, and the databases that the first start makes. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from './support/postgres.ts';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';
import type { Json } from './support/json.ts';
import { freePort } from '../../scripts/n8n-host/preflight';

const DEPLOY = join(import.meta.dirname, '..', '..', 'examples', 'deploy');
const CADDY = process.env.CADDY ?? 'caddy';
const KEY = 'a-key-that-is-long-enough';

describe('HTTPS by Caddy', () => {
	let server: TestServer;
	let caddy: ChildProcess | undefined;
	let folder: string;
	let port: number;
	let root: Buffer;
	let said = '';

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'gpu-local-caddy-'));
		port = await freePort();
		server = await startTestServer(['--public-url', `https://localhost:${port}`], {
			GPU_LOCAL_API_KEYS: KEY,
		});
		const site = (await readFile(join(DEPLOY, 'Caddyfile'), 'utf8'))
			.replace('videos.example.com {', `https://localhost:${port} {\n\ttls internal`)
			.replace('127.0.0.1:8484', new URL(server.url).host);
		const file = join(folder, 'Caddyfile');
		const own = '{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n';
		await writeFile(file, own + site);
		caddy = spawn(CADDY, ['run', '--config', file, '--adapter', 'caddyfile'], {
			env: { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
			stdio: ['ignore', 'ignore', 'pipe'],
		});
		caddy.on('error', (error) => (said += `${error.message}: apt-get install -y caddy`));
		caddy.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
		const certificate = join(folder, 'caddy', 'pki', 'authorities', 'local', 'root.crt');
		root = await eventually(() => readFile(certificate).catch(() => undefined)).catch(() => {
			throw new Error(said);
		});
		await eventually(async () => (await ask('GET', '/healthz').catch(() => undefined))?.status);
	});
	afterAll(async () => {
		if (caddy?.exitCode === null) {
			const ended = new Promise((resolve) => caddy!.once('exit', resolve));
			caddy.kill('SIGKILL');
			await ended;
		}
		await server?.stop();
		await rm(folder, { recursive: true, force: true });
	});

	const open = (method: string, path: string, body?: object, headers = {}) =>
		new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
			const sent = request(
				{
					...{ method, path, port, host: 'localhost', ca: root, agent: false },
					headers: {
						authorization: `Bearer ${KEY}`,
						...(body ? { 'content-type': 'application/json' } : {}),
						...headers,
					},
				},
				resolve,
			);
			sent.on('error', reject);
			sent.end(body && JSON.stringify(body));
		});
	const ask = async (method: string, path: string, body?: object, headers = {}) => {
		const reply = await open(method, path, body, headers);
		const chunks: Buffer[] = [];
		for await (const chunk of reply) chunks.push(chunk as Buffer);
		const bytes = Buffer.concat(chunks);
		const isJson = String(reply.headers['content-type']).includes('json');
		const parsed: Json = isJson ? JSON.parse(bytes.toString()) : undefined;
		return { status: reply.statusCode, headers: reply.headers, bytes, body: parsed };
	};

	it('takes jobs, tells of them as they go, and gives links and files by the public address', async () => {
		const wanted = { prompt: 'A boat', size: '64x64', num_frames: 8, model: 'preview' };
		const { body: video } = await ask('POST', '/v1/videos', wanted);
		const events = await open('GET', `/v1/videos/${video.id}/events`);
		let told = '';
		for await (const chunk of events) told += String(chunk);
		expect(told).toContain(': connected');
		expect(told).toContain('"status":"completed"');
		const { body: done } = await ask('GET', `/v1/videos/${video.id}`);
		expect(done.url).toMatch(new RegExp(`^https://localhost:${port}/files/`));
		const part = await ask(
			'GET',
			new URL(done.url).pathname + new URL(done.url).search,
			undefined,
			{
				range: 'bytes=4-7',
			},
		);
		expect([part.status, part.bytes.toString()]).toEqual([206, 'ftyp']);
		const page = await ask('GET', '/', undefined, { origin: `https://localhost:${port}` });
		expect(page.status).toBe(200);
	});

	it('sends a stream of events on at once, not when it ends', async () => {
		const events = await open('GET', '/v1/videos/events');
		const first = await new Promise((resolve) => events.once('data', resolve));
		expect(String(first)).toContain(': connected');
		events.destroy();
	});

	it('lets a picture through as a data URL, and nobody in without a key', async () => {
		const big = `data:image/png;base64,${Buffer.alloc(9_000_000).toString('base64')}`;
		const { status, body } = await ask('POST', '/v1/videos', { prompt: 'x', input_reference: big });
		// It arrived: what is refused is the picture.
		expect([status, body.error.param]).toEqual([400, 'input_reference']);
		const { status: without } = await ask('GET', '/v1/videos', undefined, { authorization: '' });
		expect(without).toBe(401);
	});
});

it('the first start of PostgreSQL makes a database for each, and gpu-local works on its own', async () => {
	const postgres = await startPostgres();
	const { hostname, port } = new URL(postgres.url);
	const env = {
		PATH: process.env.PATH,
		PGHOST: hostname,
		PGPORT: port,
		POSTGRES_USER: 'test',
		POSTGRES_PASSWORD: "quote'd and long",
	};
	try {
		await promisify(execFile)('sh', [join(DEPLOY, 'postgres-init.sh')], { env });
		const server = await startTestServer([], {
			DATABASE_URL: `postgres://gpu_local:x@${hostname}:${port}/gpu_local`,
		});
		const wanted = { prompt: 'A boat', size: '64x64', num_frames: 2 };
		const { body } = await server.call('POST', '/v1/videos', wanted);
		expect((await server.finished(body.id)).status).toBe('completed');
		await server.stop();
	} finally {
		await postgres.stop();
	}
});
