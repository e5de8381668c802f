import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';
import type { Json } from './support/json.ts';

const SMALL = { prompt: 'A boat', size: '64x64', num_frames: 2 };
const UNKNOWN = 'video_00000000000000000000000000000000';

/** How clients that no one here wrote send their requests, and what HTTP itself expects. */
describe('clients', () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startTestServer();
	});
	afterAll(() => server.stop());

	const send = async (
		method: string,
		path: string,
		headers: Record<string, string> = {},
		body?: string | Buffer,
	): Promise<{ status: number; headers: Record<string, unknown>; body: Json }> =>
		await new Promise((resolve, reject) => {
			const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
			const options = { method, headers: { ...headers, ...length } };
			const request = httpRequest(`${server.url}${path}`, options, (reply) => {
				let text = '';
				reply.on('data', (chunk) => (text += chunk));
				reply.on('end', () =>
					resolve({
						status: reply.statusCode!,
						headers: reply.headers,
						body: text.startsWith('{') ? JSON.parse(text) : text,
					}),
				);
			});
			request.on('error', reject);
			request.end(body);
		});
	const JSON_TYPE = { 'content-type': 'application/json' };
	const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

	it.each([
		['DELETE', `/v1/videos/${UNKNOWN}`],
		['POST', `/v1/videos/${UNKNOWN}/cancel`],
		['POST', `/v1/videos/${UNKNOWN}/retry`],
		['POST', '/api/v3/fetch/999999'],
		['POST', '/api/v6/video/fetch/999999'],
	])('may give the type of JSON and no body: %s %s', async (method, path) => {
		expect((await send(method, path, JSON_TYPE)).status).toBe(404);
	});

	it.each([
		['a prompt', '/v1/videos', { ...SMALL, prompt: 'a\0b' }, 'prompt'],
		['half a character', '/v1/videos', { ...SMALL, track_id: '\ud800' }, 'track_id'],
		['a model', '/v1/videos', { ...SMALL, model: '\0' }, 'model'],
		['the name of a field', '/v1/videos', { ...SMALL, 'x\0': 1 }, null],
		['a part', '/v3/async/txt2video', { prompts: [{ prompt: '\0', frames: 2 }] }, undefined],
		['another dialect', '/api/v5/text2video', { key: '', prompt: 'a\0' }, undefined],
	])('get 400 for what no text may hold, in %s', async (_where, path, body, field) => {
		const reply = await send('POST', path, JSON_TYPE, JSON.stringify(body));
		expect(reply.status).toBe(400);
		expect(reply.body.error?.param).toEqual(field);
		expect(JSON.stringify(reply.body)).toMatch(/character that no text may hold/);
	});

	it.each([
		['/v1/videos?query=%00', 'query'],
		['/v1/videos?status=queued%00', 'status'],
		['/v1/models/a%00b', 'id'],
		['/v3/model?filter.query=%00', undefined],
		['/api/v3/fetch/1?key=%00', undefined],
	])('get 400 for it in an address: %s', async (path, field) => {
		const { status, body } = await send('GET', path);
		expect(status).toBe(400);
		expect(body.error?.param).toBe(field);
		expect(JSON.stringify(body)).toMatch(/character that no text may hold/);
	});

	it.each([
		'/v1/videos?status=queued&status=failed',
		'/v1/videos?query=a&query=b',
		'/v1/models?type=model&type=lora',
		'/v3/async/task-result?task_id=1&task_id=2',
		'/v3/model?filter.query=a&filter.query=b',
		'/api/v3/fetch/1?key=a&key=b',
		'/v2/video/generations?generation_id=1&generation_id=2',
	])('get 400 for a parameter that is given twice: %s', async (path) => {
		const { status, body } = await send('GET', path);
		expect(status).toBe(400);
		expect(JSON.stringify(body)).toContain('given more than once');
	});

	it.each([
		['/api/v5/text2video', { key: 0, prompt: 'A boat' }, 'key'],
		['/api/v3/fetch/1', { key: ['a'] }, 'key'],
		['/v1/videos', { ...SMALL, webhook: [] }, 'webhook'],
		['/v3/async/txt2video', { extra: 'mp4' }, 'extra'],
		['/v3/async/txt2video', { extra: { webhook: 'http://x.example' } }, 'extra.webhook'],
		['/v3/async/txt2video', { extra: { webhook: { test_mode: [null] } } }, 'test_mode'],
	])('get 400 for another thing than the documented one at %s: %o', async (path, body, named) => {
		const { status, body: reply } = await server.call('POST', path, body);
		expect(status).toBe(400);
		expect(JSON.stringify(reply)).toContain(named);
	});

	it('get 400 for a page of models that is none', async () => {
		const { status, body } = await server.call('GET', '/v3/model?pagination.limit=-5');
		expect(status).toBe(400);
		expect(body.message).toContain('from 1 to 100');
	});

	it('may name a model by any characters, however many', async () => {
		const model = `a${'𝕋'.repeat(60)}`;
		const { status, body } = await server.call('POST', '/v1/videos', { ...SMALL, model });
		expect(status).toBe(200);
		expect(body.warnings[0]).toContain(`"a${'𝕋'.repeat(39)}…"`);
	});

	it('get 400 for a form with NUL in it', async () => {
		const form = new FormData();
		form.set('prompt', 'a\0b');
		const reply = await fetch(`${server.url}/v1/videos`, { method: 'POST', body: form });
		expect(reply.status).toBe(400);
	});

	it('get 400 for bytes that are no UTF-8, and 415 for another type', async () => {
		const bytes = Buffer.concat([
			Buffer.from('{"prompt":"'),
			Buffer.from([0xff]),
			Buffer.from('"}'),
		]);
		expect((await send('POST', '/v1/videos', JSON_TYPE, bytes)).status).toBe(400);
		const text = { 'content-type': 'text/plain' };
		expect((await send('POST', '/v1/videos', text, JSON.stringify(SMALL))).status).toBe(415);
	});

	it('may send plain forms, in each dialect that shows them', async () => {
		const openai = new URLSearchParams({ prompt: 'A boat', size: '64x64', num_frames: '2' });
		const made = await send('POST', '/v1/videos', FORM_TYPE, openai.toString());
		expect(made.body).toMatchObject({ object: 'video', size: '64x64', num_frames: 2 });
		const fields = { key: '', model_id: 'preview', prompt: 'A boat', width: '64', height: '64' };
		const v4 = new URLSearchParams(fields).toString();
		const submitted = await send('POST', '/api/v4/dreambooth/text2video', FORM_TYPE, v4);
		expect(submitted.body).toMatchObject({ status: 'processing', meta: { W: 64, H: 64 } });
		const form = new FormData();
		for (const [name, value] of Object.entries(fields)) form.set(name, value);
		const multipart = await fetch(`${server.url}/api/v4/dreambooth/text2video`, {
			method: 'POST',
			body: form,
		});
		expect(await multipart.json()).toMatchObject({ status: 'processing', meta: { W: 64 } });
	});

	it('may fetch by GET', { timeout: 90_000 }, async () => {
		const { body } = await server.call('POST', '/api/v5/text2video', { key: '', prompt: 'A fox' });
		await expect
			.poll(async () => (await send('GET', `/api/v3/fetch/${body.id}?key=`)).body, {
				timeout: 60_000,
			})
			.toMatchObject({ status: 'success', id: body.id });
	});

	it.each([
		['PUT', '/v1/videos', 'GET, HEAD, POST'],
		['TRACE', '/v1/models', 'GET, HEAD'],
		['DELETE', '/api/v5/text2video', 'POST'],
		['PATCH', `/v1/videos/${UNKNOWN}`, 'DELETE, GET, HEAD'],
		['POST', '/healthz', 'GET, HEAD'],
	])('are told the methods that there are: %s %s', async (method, path, allow) => {
		const reply = await send(method, path);
		expect(reply.status).toBe(405);
		expect(reply.headers.allow).toBe(allow);
	});

	it('are told in their own dialect where there is nothing', async () => {
		expect((await send('GET', '/v1/nothing')).body.error.type).toBe('invalid_request_error');
		expect((await send('GET', '/api/v9/x')).body).toMatchObject({ status: 'error' });
		expect((await send('GET', '/v3/x')).body).toMatchObject({
			code: 404,
			reason: 'TASK_NOT_FOUND',
		});
		const unreadable = await send('GET', '/v1/videos/%zz');
		expect(unreadable).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
		const sideways = await send('GET', '/v1/videos?order=sideways');
		expect(sideways).toMatchObject({ status: 400, body: { error: { param: 'order' } } });
	});

	it('may ask for a file on conditions, and for parts of it', async () => {
		const { body: video } = await server.call('POST', '/v1/videos', SMALL);
		await server.finished(video.id);
		const path = `/v1/videos/${video.id}/content`;
		const { headers } = await send('GET', path);
		const etag = String(headers.etag);
		const status = async (conditions: Record<string, string>, method = 'GET') =>
			(await send(method, path, conditions)).status;
		expect(await status({ 'if-none-match': `"other", W/${etag}` })).toBe(304);
		expect(await status({ 'if-none-match': '*' })).toBe(304);
		expect(await status({ 'if-none-match': '"other"' })).toBe(200);
		expect(await status({ 'if-match': '"other"' })).toBe(412);
		expect(await status({ 'if-match': etag, range: 'Bytes=0-9' })).toBe(206);
		expect(await status({ 'if-range': '"other"', range: 'bytes=0-9' })).toBe(200);
		expect(await status({ range: 'bytes=0-9' }, 'HEAD')).toBe(200);
		expect(await status({ range: 'lines=0-9' })).toBe(200);
	});

	describe('of ModelsLab', () => {
		it('have their key accepted by the question that n8n’s credential asks', async () => {
			const reply = await server.call('POST', '/api/v4/dreambooth/model_list', { key: 'any' });
			expect(reply.body).toContainEqual(expect.objectContaining({ model_id: 'preview' }));
		});

		const V6 = { model_id: 'preview', width: 64, height: 48, num_frames: 5, fps: 5 };
		it.each([
			['/api/v6/video/text2video', V6, { W: 64, H: 48, num_frames: 5, seconds: 1 }],
			[
				'/api/v6/video/text2video_ultra',
				{ model_id: 'preview', resolution: 90, portrait: true, num_frames: 4 },
				{ W: 90, H: 160, num_frames: 4 },
			],
			[
				'/api/v7/video-fusion/text-to-video',
				{ model_id: 'preview', resolution: '90p', aspect_ratio: '16:9', duration: '1', fps: 4 },
				{ W: 160, H: 90, num_frames: 4 },
			],
		])('run unchanged at %s', async (path, fields, meta) => {
			const body = { key: 'any', prompt: 'A boat', track_id: 'mine', ...fields };
			const submitted = await server.call('POST', path, body);
			expect(submitted.body).toMatchObject({ status: 'processing', meta });
			const link = new URL(submitted.body.fetch_result);
			await expect
				.poll(async () => (await server.call('POST', link.pathname, { key: 'any' })).body, {
					timeout: 20_000,
				})
				.toMatchObject({ status: 'success', output: [expect.stringMatching(/\.mp4/)] });
		});

		it('are told of fields that have no use here', async () => {
			const { body } = await server.call('POST', '/api/v6/video/text2video', {
				...{ key: 'any', prompt: 'A boat', ...V6 },
				upscale_width: 640,
			});
			expect(body.tip).toContain('Not used here: upscale_width.');
		});

		it('see how many of their jobs are open', async () => {
			const reply = await server.call('POST', '/api/v6/processing/request_count', { key: 'any' });
			expect(reply.body).toMatchObject({
				status: 'success',
				processing_count: expect.any(Number),
			});
		});
	});
});
