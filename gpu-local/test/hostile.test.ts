import { request as httpRequest } from 'node:http';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';

const KEY = 'a-key-that-is-long-enough';
const OTHER_KEY = 'another-key-that-is-long-enough';
const AUTHORIZED = { authorization: `Bearer ${KEY}` };
const ORDER = { prompt: 'A boat', size: '64x64', num_frames: 2 };

describe('hostile requests', () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startTestServer([], { GPU_LOCAL_API_KEYS: `${KEY},${OTHER_KEY}` });
	});
	afterAll(() => server.stop());

	/** Over plain HTTP, for headers that fetch does not let through. */
	const raw = async (
		path: string,
		headers: Record<string, string>,
		method = 'GET',
		body = '',
	): Promise<{ status: number; text: string }> =>
		await new Promise((resolve, reject) => {
			const request = httpRequest(`${server.url}${path}`, { method, headers }, (response) => {
				let text = '';
				response.on('data', (chunk) => (text += chunk));
				response.on('end', () => resolve({ status: response.statusCode!, text }));
			});
			request.on('error', reject);
			request.end(body);
		});

	describe.each([
		['/v1/videos', 'GET'],
		['/v1/videos', 'POST'],
		['/v1/videos/events', 'GET'],
		['/v1/models', 'GET'],
		['/v1/status', 'GET'],
		['/metrics', 'GET'],
		['/v3/model', 'GET'],
		['/v3/async/task-result?task_id=x', 'GET'],
	])('%s by %s', (path, method) => {
		it.each([
			['no key', {}],
			['a wrong key', { authorization: 'Bearer wrong' }],
			['part of the key', { authorization: `Bearer ${KEY.slice(0, -1)}` }],
			['another scheme', { authorization: `Basic ${KEY}` }],
		])('is refused with %s', async (_what, headers) => {
			const { status } = await server.call(
				method,
				path,
				method === 'POST' ? ORDER : undefined,
				headers as Record<string, string>,
			);
			expect([400, 401, 403]).toContain(status);
		});
	});

	it.each([
		['a name of a foreign page', { host: 'evil.example' }],
		['a name that was pointed here', { host: 'rebind.attacker.test:8484' }],
		['no usable name', { host: 'a b' }],
		['a foreign page', { origin: 'https://evil.example' }],
		['a page without an origin', { origin: 'null' }],
		['a page on another port of this machine', { origin: 'http://127.0.0.1:1' }],
	])('are refused from %s', async (_what, headers) => {
		const { status } = await raw('/v1/videos', { ...AUTHORIZED, ...headers });
		expect([400, 403]).toContain(status);
	});

	it.each(['localhost', '127.0.0.1:8484', '[::1]:8484', 'host.docker.internal:8484'])(
		'do not keep friends out: Host %s',
		async (host) => {
			expect((await raw('/v1/videos', { ...AUTHORIZED, host })).status).toBe(200);
		},
	);

	it.each([
		['is not JSON', '{', 'application/json', 400],
		['is empty', '', 'application/json', 400],
		['is a list', '[]', 'application/json', 400],
		['is a text', '"prompt"', 'application/json', 400],
		['is XML', '<a/>', 'application/xml', 415],
		['poisons prototypes', '{"__proto__":{"x":1},"prompt":"a"}', 'application/json', 400],
		[
			'is larger than a picture of 16 MB in base64 with 1 MB beside it',
			`{"prompt":"${'a'.repeat(22_400_000)}"}`,
			'application/json',
			413,
		],
		['is a broken form', 'x', 'multipart/form-data; boundary=b', 400],
		['has no prompt', '{}', 'application/json', 400],
		['has an empty prompt', '{"prompt":"  "}', 'application/json', 400],
		['has an object as prompt', '{"prompt":{"a":1}}', 'application/json', 400],
		['asks for a huge size', '{"prompt":"a","size":"9999x9999"}', 'application/json', 400],
		['asks for no size', '{"prompt":"a","size":"0x0"}', 'application/json', 400],
		['asks for a crooked size', '{"prompt":"a","size":"64"}', 'application/json', 400],
		['asks for no frames', '{"prompt":"a","num_frames":0}', 'application/json', 400],
		['asks for half a frame', '{"prompt":"a","num_frames":1.5}', 'application/json', 400],
		['asks for 10^9 frames', '{"prompt":"a","num_frames":1e9}', 'application/json', 400],
		['asks for no steps', '{"prompt":"a","num_inference_steps":0}', 'application/json', 400],
		['has a seed of 2^64', '{"prompt":"a","seed":18446744073709551616}', 'application/json', 400],
		[
			'has too many LoRAs',
			JSON.stringify({ prompt: 'a', loras: Array(6).fill({ model_name: 'x', strength: 1 }) }),
			'application/json',
			400,
		],
		[
			'calls a file back',
			'{"prompt":"a","webhook_url":"file:///etc/passwd"}',
			'application/json',
			400,
		],
		[
			'calls the metadata service back',
			'{"prompt":"a","webhook":{"url":"http://169.254.169.254/latest"}}',
			'application/json',
			400,
		],
		[
			'calls this machine back',
			'{"prompt":"a","webhook":{"url":"http://127.0.0.1:1/"}}',
			'application/json',
			400,
		],
	])('are refused where the body %s', async (_what, body, type, wanted) => {
		const { status, text } = await raw(
			'/v1/videos',
			{ ...AUTHORIZED, 'content-type': type },
			'POST',
			body,
		);
		expect(status).toBe(wanted);
		expect(JSON.parse(text).error.message).toMatch(/\.$/);
		expect(text).not.toMatch(/\.[jt]s:\d|node_modules/);
	});

	it('are refused where the body is larger than 1 MB and no picture can be in it', async () => {
		const body = `{"prompt":"${'a'.repeat(1_100_000)}"}`;
		const headers = { ...AUTHORIZED, 'content-type': 'application/json' };
		expect((await raw('/v3/async/txt2video', headers, 'POST', body)).status).toBe(413);
	});

	it.each([
		'/v1/videos/..%2f..%2fetc%2fpasswd',
		'/v1/videos/..%2f..%2fetc%2fpasswd/content',
		'/v1/videos/video_x%00/content',
		`/v1/videos/${'a'.repeat(300)}`,
		"/v1/videos/video_'%20OR%201=1--",
		'/v3/async/task-result?task_id=../../x',
		'/files/..%2f..%2fserver.lock?expires=99999999999&signature=x',
		'/files/00000000000000000000000000000000-0000000000000000.mp4?expires=99999999999&signature=x',
		'/files/webhook-secret?expires=99999999999&signature=x',
		'/page/../../package.json',
		'/%2e%2e/package.json',
	])('find nothing at %s', async (path) => {
		const { status, text } = await raw(path, AUTHORIZED);
		expect([400, 403, 404, 414]).toContain(status);
		expect(text).not.toContain('root:');
	});

	it('do not see the jobs of another key', async () => {
		const { body: made } = await server.call('POST', '/v1/videos', ORDER, AUTHORIZED);
		await server.finished(made.id, AUTHORIZED);
		const other = { authorization: `Bearer ${OTHER_KEY}` };
		for (const [method, path] of [
			['GET', `/v1/videos/${made.id}`],
			['GET', `/v1/videos/${made.id}/content`],
			['GET', `/v1/videos/${made.id}/callbacks`],
			['DELETE', `/v1/videos/${made.id}`],
			['POST', `/v1/videos/${made.id}/cancel`],
			['POST', `/v1/videos/${made.id}/retry`],
		] as const) {
			expect((await server.call(method, path, undefined, other)).status).toBe(404);
		}
		const { body: list } = await server.call('GET', '/v1/videos', undefined, other);
		expect(list.data).toEqual([]);
		expect((await server.call('GET', `/v1/videos/${made.id}`, undefined, AUTHORIZED)).status).toBe(
			200,
		);
	});

	it('open a file only by a link that was not tampered with', async () => {
		const { body: made } = await server.call('POST', '/v1/videos', ORDER, AUTHORIZED);
		const { url } = await server.finished(made.id, AUTHORIZED);
		expect((await fetch(url)).status).toBe(200);
		const later = url.replace(/expires=\d+/, 'expires=99999999999');
		const other = url.replace(/\/files\/./, (start: string) =>
			start.endsWith('0') ? '/files/1' : '/files/0',
		);
		for (const link of [
			later,
			other,
			url.replace(/signature=.*/, 'signature='),
			url.split('?')[0],
		]) {
			expect((await fetch(link)).status).toBe(403);
		}
	});

	it('do not hold a connection by sending half a request', async () => {
		const port = Number(new URL(server.url).port);
		const socket = connect(port, '127.0.0.1');
		socket.write('POST /v1/videos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{');
		socket.on('error', () => undefined);
		expect((await server.call('GET', '/healthz')).status).toBe(200);
		socket.destroy();
	});

	it('leave nothing outside the data folder’s own names', async () => {
		expect((await readdir(server.dataFolder)).sort()).toEqual([
			'admin.json',
			'database',
			'server.lock',
			'videos',
			'webhook-secret',
			'work',
		]);
		// A video is handed out before its poster is made of what lies there.
		await eventually(async () =>
			(await readdir(join(server.dataFolder, 'work'))).length === 0 ? true : undefined,
		);
	});
});

describe('starting', () => {
	it.each([
		[['--host', '0.0.0.0'], {}, /no API key is set/],
		[['--host', '::'], {}, /no API key is set/],
		[['--host', '192.168.1.5'], {}, /no API key is set/],
		[['--host', '127.example.com'], {}, /no API key is set/],
		[[], { GPU_LOCAL_API_KEYS: 'short' }, /shorter than 16/],
		[['--port', '70000'], {}, /--port/],
		[['--model-alias', 'x'], {}, /NAME=MODEL/],
		[['--engine', 'magic'], {}, /There is no engine "magic"/],
		[['--no-such-flag'], {}, /no-such-flag/],
	])('is refused with %j %j', async (args, env, message) => {
		await expect(startTestServer(args, env)).rejects.toThrow(message);
	});

	it('says that the port is in use', async () => {
		const other = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => other.once('listening', resolve));
		const { port } = other.address() as { port: number };
		await expect(startTestServer(['--port', String(port)])).rejects.toThrow(
			`Port ${port} is in use by another program.`,
		);
		other.close();
	});
});
