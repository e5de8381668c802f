/** What no log line and no figure of the server may hold, at the most talkative level and whatever happens to a job. */
import { createServer, type Server } from 'node:http';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loggable } from '../src/lib/log.ts';
import { eventually, startTestServer, type TestServer } from './support/server.ts';

const SECRET = 'unreleased-product';
const TOKEN = 'token-of-the-callback';
const KEY = 'a-key-that-is-long-enough';
const BEARER = { authorization: `Bearer ${KEY}` };
/** A picture of one point. */
const PIXEL =
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe('the log and the figures of a server', () => {
	let server: TestServer;
	let receiver: Server;
	let callbackUrl = '';
	let log = '';
	let called = 0;
	beforeAll(async () => {
		receiver = createServer((_request, response) => {
			called += 1;
			response.writeHead(called === 1 ? 500 : 204).end(SECRET);
		});
		await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
		const { port } = receiver.address() as { port: number };
		callbackUrl = `http://127.0.0.1:${port}/hook?token=${TOKEN}`;
		const logger = pino({ level: 'trace' }, { write: (line) => void (log += line) });
		const args = ['--access-log', '--webhook-allow', '127.0.0.1'];
		server = await startTestServer(args, { GPU_LOCAL_API_KEYS: KEY }, logger);
	});
	afterAll(async () => {
		await server.stop();
		await new Promise((resolve) => receiver.close(resolve));
	});

	const video = { size: '128x128', seconds: '1', negative_prompt: `not ${SECRET}` };

	it('hold no prompt, no picture, no address of a callback and no signed link', async () => {
		const request = { ...video, prompt: SECRET, webhook_url: callbackUrl, metadata: { a: SECRET } };
		const { body: made } = await server.call('POST', '/v1/videos', request, BEARER);
		const done = await server.finished(made.id, BEARER);
		expect(done.status).toBe('completed');
		const { signature } = Object.fromEntries(new URL(done.url).searchParams);
		const link = new URL(done.url);
		expect((await fetch(link)).status).toBe(200);
		const broken = { ...request, size: SECRET };
		const picture = { ...request, input_reference: `data:image/png;base64,${PIXEL}` };
		const dialect = { key: KEY, prompt: SECRET, init_image: PIXEL, webhook: callbackUrl };
		const novita = { ...{ model_name: SECRET, prompts: [{ prompt: SECRET, frames: 8 }] } };
		await server.call('POST', '/v1/videos', broken, BEARER);
		await server.call('POST', '/v1/videos', picture, BEARER);
		await server.call('POST', '/api/v5/text2video', dialect);
		await server.call('POST', '/v3/async/txt2video', novita, BEARER);
		await server.call('GET', `/v1/videos?search=${SECRET}&token=${TOKEN}`, undefined, BEARER);
		await server.call('POST', '/v1/videos', undefined, { ...BEARER, 'content-type': SECRET });
		await eventually(async () => (log.includes('Callback attempted') ? true : undefined));
		const { body: figures } = await server.call('GET', '/metrics', undefined, BEARER);
		expect(log).toContain(made.id);
		expect(figures).toContain('gpu_local_');
		const secrets = [SECRET, TOKEN, KEY, PIXEL.slice(0, 40), ...(signature ? [signature] : [])];
		expect(link.search.length).toBeGreaterThan(10);
		for (const secret of [...secrets, link.search.slice(1)]) {
			expect(log).not.toContain(secret);
			expect(String(figures)).not.toContain(secret);
		}
	});
});

it('says of an error of the database what it was, and nothing of what was to be stored', () => {
	const cause = Object.assign(new Error('no room'), { params: [SECRET] });
	const error = Object.assign(new Error('the write failed', { cause }), {
		...{ code: '23505', query: `INSERT '${SECRET}'`, params: [SECRET], detail: SECRET },
	});
	expect(loggable(error)).toMatchObject({
		...{ type: 'Error', message: 'the write failed', code: '23505', cause: { message: 'no room' } },
	});
	expect(JSON.stringify(loggable(error))).not.toContain(SECRET);
	expect(loggable('a text')).toEqual({ type: 'string', message: 'a text' });
});
