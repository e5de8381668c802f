import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';
import { inspect } from './support/video.ts';
import type { Json } from './support/json.ts';

const SMALL = { prompt: 'A boat', size: '64x64', num_frames: 4, fps: 8, seed: 1 };

describe('OpenAI Videos', () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startTestServer();
	});
	afterAll(() => server.stop());

	const create = async (change: object = {}, headers: Record<string, string> = {}) =>
		await server.call('POST', '/v1/videos', { ...SMALL, ...change }, headers);

	it('answers a submit as documented, and tells at the end what was made', async () => {
		const { status, body } = await create({ track_id: 'mine', size: '65x64' });
		expect(status).toBe(200);
		expect(body).toMatchObject({
			object: 'video',
			model: 'preview',
			status: 'queued',
			progress: 0,
			completed_at: null,
			error: null,
			track_id: 'mine',
		});
		expect(body.id).toMatch(/^video_[0-9a-f]{32}$/);
		const done = await server.finished(body.id);
		expect(done).toMatchObject({
			id: body.id,
			status: 'completed',
			progress: 100,
			size: '64x64',
			seconds: '0.5',
			num_frames: 4,
			fps: 8,
			seed: 1,
			settings: { engine: 'preview', width: 64, height: 64, num_frames: 4, seed: 1 },
			warnings: ['The size 65x64 became 64x64: the model "preview" makes multiples of 2 pixels.'],
		});
		expect(done.expires_at).toBeGreaterThan(done.completed_at);
	});

	it('says how long a video would take, by the last runs, and makes none', async () => {
		const estimate = async (change: object) =>
			await server.call('POST', '/v1/videos/estimate', { ...SMALL, ...change });
		await server.finished((await create()).body.id);
		// The pace is asked for now and then only.
		const [short, long] = await eventually(async () => {
			const both = [await estimate({}), await estimate({ size: '640x640', num_frames: 600 })];
			return both[0]?.body.seconds === null ? undefined : both;
		});
		expect(short).toMatchObject({
			status: 200,
			body: { object: 'video.estimate', model: 'preview' },
		});
		expect(long?.body.seconds).toBeGreaterThan(short?.body.seconds);
		const listed = await server.call('GET', '/v1/videos?limit=100');
		expect(listed.body.data.filter(({ num_frames }: Json) => num_frames === 600)).toEqual([]);
		expect((await estimate({ size: 'huge' })).status).toBe(400);
	});

	it.each([
		[
			'vLLM-Omni’s form',
			{ prompt: 'A boat', width: '64', height: '64', num_frames: '4', fps: '8' },
		],
		['OpenAI’s form', { prompt: 'A boat', size: '64x64', seconds: '1' }],
	])('takes %s', async (_what, fields) => {
		const form = new FormData();
		for (const [name, value] of Object.entries(fields)) form.set(name, value);
		const reply = await fetch(`${server.url}/v1/videos`, { method: 'POST', body: form });
		const video: Json = await reply.json();
		expect(reply.status).toBe(200);
		expect(video.size).toBe('64x64');
		expect((await server.finished(video.id)).status).toBe('completed');
	});

	it('takes SGLang’s extra_body and says what it does not know', async () => {
		const { body } = await create({ extra_body: { seed: 9 }, enable_teacache: true, user: 'me' });
		expect(body).toMatchObject({
			seed: 9,
			warnings: ['Not known here and not used: enable_teacache.'],
		});
		const { status, body: refused } = await create({ enable_teacache: true, strict: true });
		expect(status).toBe(400);
		expect(refused.error).toMatchObject({ code: 'unsupported_field', param: 'enable_teacache' });
	});

	it('makes a GIF', async () => {
		const { body } = await create({ output_format: 'gif' });
		const done = await server.finished(body.id);
		expect(done.media_type).toBe('image/gif');
		const file = await fetch(`${server.url}/v1/videos/${body.id}/content`);
		expect(file.headers.get('content-type')).toBe('image/gif');
		expect(Buffer.from(await file.arrayBuffer()).toString('latin1', 0, 6)).toBe('GIF89a');
	});

	describe('a file', () => {
		let path: string;
		let whole: Buffer;
		beforeAll(async () => {
			const { body } = await create();
			await server.finished(body.id);
			path = `${server.url}/v1/videos/${body.id}/content`;
			whole = Buffer.from(await (await fetch(path)).arrayBuffer());
		});

		it('is the video', async () => {
			expect(await inspect(new Uint8Array(whole).buffer)).toMatchObject({ frames: 4, width: 64 });
		});

		it.each([
			['bytes=0-9', 0, 10],
			['bytes=10-', 10, undefined],
			['bytes=-7', -7, undefined],
			['bytes=5-99999999', 5, undefined],
		])('is sent in parts: %s', async (range, start, end) => {
			const reply = await fetch(path, { headers: { range } });
			expect(reply.status).toBe(206);
			const part = whole.subarray(start, end);
			expect(Buffer.from(await reply.arrayBuffer())).toEqual(part);
			const from = start < 0 ? whole.length + start : start;
			expect(reply.headers.get('content-range')).toBe(
				`bytes ${from}-${from + part.length - 1}/${whole.length}`,
			);
		});

		it.each(['bytes=99999999-', 'bytes=-0'])('has nothing at %s', async (range) => {
			const reply = await fetch(path, { headers: { range } });
			expect(reply.status).toBe(416);
			expect(reply.headers.get('content-range')).toBe(`bytes */${whole.length}`);
		});

		it.each(['bytes=5-2', 'bytes=a-b', 'bytes=0-1,3-4', 'lines=1-2'])(
			'is sent whole where the range is %s',
			async (range) => {
				const reply = await fetch(path, { headers: { range } });
				expect(reply.status).toBe(200);
				expect(Buffer.from(await reply.arrayBuffer())).toEqual(whole);
			},
		);

		it('is not sent again to who has it', async () => {
			const etag = (await fetch(path)).headers.get('etag')!;
			expect((await fetch(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
		});
	});

	it('makes one job of a request that is sent several times with one idempotency key', async () => {
		const key = { 'idempotency-key': 'one' };
		const replies = await Promise.all(Array.from({ length: 8 }, () => create({}, key)));
		expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
		const { status, body } = await create({ seed: 2 }, key);
		expect(status).toBe(409);
		expect(body.error.message).toContain('idempotency key');
	});

	it('makes a new job of a request whose job its own user cancelled, and one only', async () => {
		const key = { 'idempotency-key': 'cancelled' };
		const first = (await create({}, key)).body.id;
		await server.call('DELETE', `/v1/videos/${first}`);
		const again = await Promise.all(Array.from({ length: 4 }, () => create({}, key)));
		const ids = new Set(again.map(({ body }) => body.id));
		expect(ids.size).toBe(1);
		expect(ids).not.toContain(first);
		expect((await server.finished([...ids][0] as string)).status).toBe('completed');
	});

	it('lists jobs page by page', async () => {
		const ids: string[] = [];
		for (let n = 0; n < 3; n++) ids.push((await create({ seed: n })).body.id);
		const first = (await server.call('GET', '/v1/videos?limit=2')).body;
		expect(first).toMatchObject({ object: 'list', has_more: true, first_id: ids[2] });
		expect(first.data.map(({ id }: Json) => id)).toEqual([ids[2], ids[1]]);
		const next = (await server.call('GET', `/v1/videos?limit=1&after=${first.last_id}`)).body;
		expect(next.data[0].id).toBe(ids[0]);
		expect((await server.call('GET', '/v1/videos?limit=1000')).status).toBe(400);
	});

	it('tells a job as it goes, and ends with it', async () => {
		const { body } = await create({ num_frames: 40, size: '256x256' });
		const text = await (await fetch(`${server.url}/v1/videos/${body.id}/events`)).text();
		const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!));
		expect(events.length).toBeGreaterThan(1);
		expect(events.every(({ id }) => id === body.id)).toBe(true);
		expect(events.at(-1)).toMatchObject({ status: 'completed', progress: 100 });
		const progress = events.map((event) => event.progress as number);
		expect(progress).toEqual([...progress].sort((a, b) => a - b));
	});

	it('tells a failure with its code and what to do', async () => {
		const { body } = await create({ model: 'preview-fail' });
		expect(await server.finished(body.id)).toMatchObject({
			status: 'failed',
			completed_at: null,
			error: {
				code: 'invalid_request',
				message:
					'The model "preview-fail" fails on purpose. Choose the model "preview" to get a video.',
			},
		});
		const content = await server.call('GET', `/v1/videos/${body.id}/content`);
		expect(content.status).toBe(404);
	});

	it('cancels a job that waits, and one that runs', async () => {
		const running = (await create({ model: 'preview-slow' })).body.id;
		await eventually(async () => {
			const { body } = await server.call('GET', `/v1/videos/${running}`);
			return body.progress > 0 && body.stage === 'rendering' ? true : undefined;
		});
		const waiting = (await create({ model: 'preview-slow' })).body.id;
		expect((await server.call('GET', `/v1/videos/${waiting}/content`)).status).toBe(409);
		for (const id of [waiting, running]) {
			const { body } = await server.call('DELETE', `/v1/videos/${id}`);
			expect(body).toEqual({ id, object: 'video.deleted', deleted: true });
			const after = (await server.call('GET', `/v1/videos/${id}`)).body;
			expect(after).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } });
		}
		// The machine is free again: the next job runs at once.
		expect((await server.finished((await create()).body.id)).status).toBe('completed');
	});

	it('removes a finished job and its file', async () => {
		const { body } = await create();
		const { url } = await server.finished(body.id);
		await server.call('DELETE', `/v1/videos/${body.id}`);
		expect((await server.call('GET', `/v1/videos/${body.id}`)).status).toBe(404);
		expect((await fetch(url)).status).toBe(404);
	});

	it('runs a finished job again as a new one', async () => {
		const { body } = await create({ track_id: 'again' });
		await server.finished(body.id);
		const again = (await server.call('POST', `/v1/videos/${body.id}/retry`)).body;
		expect(again).toMatchObject({ status: 'queued', seed: 1, track_id: 'again' });
		expect(again.id).not.toBe(body.id);
		expect((await server.finished(again.id)).settings.bytes).toBeGreaterThan(0);
	});

	it('takes any model name while nothing but previews are made, and says so', async () => {
		const { body } = await create({ model: 'sora-2' });
		expect(body).toMatchObject({
			model: 'preview',
			warnings: ['There is no model "sora-2" here; "preview" was used instead.'],
		});
	});

	it('is alive, ready, and tells its numbers', async () => {
		expect((await server.call('GET', '/healthz')).body.status).toBe('ok');
		expect((await server.call('GET', '/readyz')).body.status).toBe('ready');
		const [machine] = (await server.call('GET', '/v1/status')).body.runners;
		expect(machine).toMatchObject({ engine: 'preview', devices: [{ type: 'cpu' }] });
		expect(machine.devices[0].name).not.toBe('');
		expect(machine.devices[0].memory_bytes).toBeGreaterThan(0);
		const { body: metrics } = await server.call('GET', '/metrics');
		expect(metrics).toMatch(/^gpu_local_jobs\{status="completed"\} \d+$/m);
		expect(metrics).toMatch(/^gpu_local_http_requests_total\{.*route="\/v1\/videos".*\} \d+$/m);
		const { body: api } = await server.call('GET', '/openapi.json');
		const schema = api.paths['/v3/async/txt2video'].post.requestBody.content['application/json'];
		expect(schema.schema.properties.extra.properties.webhook.properties.url.type).toContain(
			'string',
		);
		for (const path of ['/', '/page.js', '/page.css', '/docs', '/docs.js']) {
			const reply = await server.call('GET', path);
			expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
		}
	});
});

describe('limits', () => {
	it('refuses more waiting jobs than allowed, and says when to come back', async () => {
		const server = await startTestServer(['--max-queued', '2']);
		try {
			const slow = { ...SMALL, model: 'preview-slow' };
			const replies = [];
			for (let n = 0; n < 8; n++) replies.push(await server.call('POST', '/v1/videos', slow));
			const refused = replies.filter(({ status }) => status === 429);
			expect(refused.length).toBeGreaterThan(0);
			expect(refused[0]!.headers.get('retry-after')).toBe('30');
			expect(refused[0]!.body.error.code).toBe('queue_full');
			expect(replies.slice(0, 2).map(({ status }) => status)).toEqual([200, 200]);
		} finally {
			await server.stop();
		}
	});

	it('stops a job that takes too long', async () => {
		const server = await startTestServer(['--job-seconds', '1']);
		try {
			const slow = { ...SMALL, model: 'preview-slow' };
			const { body } = await server.call('POST', '/v1/videos', slow);
			expect(await server.finished(body.id)).toMatchObject({
				status: 'failed',
				error: { code: 'timeout' },
			});
		} finally {
			await server.stop();
		}
	});

	it('refuses with 507 before the disk is full', async () => {
		const server = await startTestServer(['--min-free-gb', '1000000']);
		try {
			const { status, body } = await server.call('POST', '/v1/videos', SMALL);
			expect(status).toBe(507);
			expect(body.error.code).toBe('disk_full');
		} finally {
			await server.stop();
		}
	});
});
