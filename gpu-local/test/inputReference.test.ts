import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';
import type { Json } from './support/json.ts';
import { png } from './support/png.ts';

const SMALL = { prompt: 'A boat', size: '64x64', num_frames: 4, fps: 8, seed: 1 };

const asDataUrl = (bytes: Buffer, type = 'image/png'): string =>
	`data:${type};base64,${bytes.toString('base64')}`;

const PICTURE = png(40, 30);

/** Gives pictures out, and much that is none. */
function startPictures(): Promise<{ server: Server; url: string }> {
	const server = createServer((request, reply) => {
		const answers: Record<string, () => void> = {
			'/a.png': () => reply.end(PICTURE),
			'/moved': () => reply.writeHead(302, { location: '/a.png' }).end(),
			'/round': () => reply.writeHead(302, { location: '/round' }).end(),
			'/metadata': () =>
				reply.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
			'/page': () => reply.end('<html>not a picture</html>'),
			'/large': () => reply.end(Buffer.alloc(16_000_001)),
			'/cut': () => {
				reply.writeHead(200, { 'content-length': 1000 }).write(PICTURE);
				setTimeout(() => reply.destroy(), 20);
			},
		};
		(answers[request.url!] ?? (() => reply.writeHead(404).end()))();
	});
	return new Promise((resolve) =>
		server.listen(0, '127.0.0.1', () => {
			resolve({ server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
		}),
	);
}

describe('A picture that a video begins with', () => {
	let server: TestServer;
	let pictures: Awaited<ReturnType<typeof startPictures>>;
	beforeAll(async () => {
		pictures = await startPictures();
		server = await startTestServer(['--webhook-allow', pictures.url]);
	});
	afterAll(async () => {
		await server.stop();
		pictures.server.close();
	});

	const create = async (change: object, headers: Record<string, string> = {}) =>
		await server.call('POST', '/v1/videos', { ...SMALL, ...change }, headers);

	const sendForm = async (picture: Blob, field = 'input_reference') => {
		const form = new FormData();
		for (const [name, value] of Object.entries(SMALL)) form.set(name, String(value));
		form.set(field, picture, 'start.png');
		const reply = await fetch(`${server.url}/v1/videos`, { method: 'POST', body: form });
		return { status: reply.status, body: (await reply.json()) as Json };
	};

	const sha256 = async (id: string): Promise<string> => {
		const file = await fetch(`${server.url}/v1/videos/${id}/content`);
		const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
		return Buffer.from(digest).toString('hex');
	};

	it('comes as an address, a data URL or a file in a form, and each is the same picture', async () => {
		const data = asDataUrl(PICTURE);
		const replies = [
			await create({ input_reference: { image_url: data } }),
			await create({ input_reference: data }),
			await create({ input_reference: { image_url: { url: data } } }),
			await create({ extra_body: { input_reference: data } }),
			await create({ input_reference: { image_url: `${pictures.url}/a.png` } }),
			await create({ input_reference: `${pictures.url}/moved` }),
			await create({ image_reference: { image_url: data } }),
			await create({ reference_url: `${pictures.url}/a.png` }),
			await sendForm(new Blob([new Uint8Array(PICTURE)], { type: 'image/png' })),
			await sendForm(new Blob([new Uint8Array(PICTURE)])),
		];
		expect(replies.map(({ status, body }) => [status, body.error?.message])).toEqual(
			replies.map(() => [200, undefined]),
		);
		const files = new Set<string>();
		for (const { body } of replies) {
			const done = await server.finished(body.id);
			expect(done.status).toBe('completed');
			expect(done.warnings).toEqual([expect.stringContaining('names the picture')]);
			files.add(await sha256(body.id));
		}
		expect(files.size).toBe(1);
		const { body: other } = await create({ input_reference: asDataUrl(png(40, 30, 7)) });
		await server.finished(other.id);
		expect(files.has(await sha256(other.id))).toBe(false);
	});

	it('gives the video its shape where no size is asked for', async () => {
		const { body } = await create({ size: undefined, input_reference: asDataUrl(png(800, 200)) });
		expect(body.size).toBe('1024x256');
		const { body: square } = await create({ size: undefined });
		expect(square.size).toBe('512x512');
	});

	it('is still there when the job is run again, and goes with the job', async () => {
		const { body } = await create({ input_reference: asDataUrl(PICTURE) });
		await server.finished(body.id);
		const { body: again } = await server.call('POST', `/v1/videos/${body.id}/retry`);
		await server.call('DELETE', `/v1/videos/${body.id}`);
		expect((await server.finished(again.id)).status).toBe('completed');
		const { body: third } = await server.call('POST', `/v1/videos/${again.id}/retry`);
		expect((await server.finished(third.id)).status).toBe('completed');
	});

	it('need not be fetched again for a submit that is repeated', async () => {
		let asked = 0;
		const once = createServer((_request, reply) => {
			asked += 1;
			reply.writeHead(asked === 1 ? 200 : 410).end(PICTURE);
		});
		await new Promise<void>((resolve) => once.listen(0, '127.0.0.1', resolve));
		const address = `http://127.0.0.1:${(once.address() as AddressInfo).port}`;
		const second = await startTestServer(['--webhook-allow', address]);
		const wanted = { ...SMALL, input_reference: `${address}/a.png` };
		const key = { 'idempotency-key': 'one' };
		const first = await second.call('POST', '/v1/videos', wanted, key);
		const repeated = await second.call('POST', '/v1/videos', wanted, key);
		expect([first.status, repeated.status, asked]).toEqual([200, 200, 1]);
		expect(repeated.body.id).toBe(first.body.id);
		const other = await second.call('POST', '/v1/videos', { ...wanted, seed: 2 }, key);
		expect(other.status).toBe(409);
		await second.stop();
		once.close();
	});

	const refused: Array<[string, () => unknown, RegExp]> = [
		['no picture', () => asDataUrl(Buffer.from('hello')), /picture/],
		['a GIF', () => asDataUrl(Buffer.from('GIF89a\x20\0\x20\0....'), 'image/gif'), /png|PNG/],
		['text as its data', () => 'data:image/png;base64,§§', /data:image\/png;base64/],
		['a tiny one', () => asDataUrl(png(15, 400)), /16 pixels|15x400/],
		['a huge one', () => asDataUrl(png(9000, 9000)), /64 million/],
		['a damaged one', () => asDataUrl(PICTURE.subarray(0, 20)), /does not say its size/],
		[
			'another scheme',
			() => 'ftp://pictures.test/a.png',
			/https:\/\/ or a data URL or a file in a multipart form/,
		],
		['an address that is not allowed', () => 'http://127.0.0.1:9/a.png', /--webhook-allow/],
		['metadata', () => 'http://169.254.169.254/a.png', /never called/],
		['a redirect to metadata', () => `${pictures.url}/metadata`, /never called/],
		['redirects without end', () => `${pictures.url}/round`, /redirects more than 3 times/],
		['a page', () => `${pictures.url}/page`, /no picture/],
		['nothing', () => `${pictures.url}/gone`, /HTTP 404/],
		['a file without end', () => `${pictures.url}/large`, /16 MB/],
		['a file cut off', () => `${pictures.url}/cut`, /./],
		['an uploaded file', () => ({ file_id: 'file_1' }), /file_id/],
		['an object without address', () => ({ image: 'x' }), /image_url/],
		['a number', () => 5, /image_url/],
	];
	it.each(refused)('is refused with the field and the reason: %s', async (_what, value, why) => {
		const { status, body } = await create({ input_reference: value() });
		expect(status).toBe(400);
		expect(body.error.param).toBe('input_reference');
		expect(body.error.message).toMatch(why);
		expect(body.error.message).toMatch(/input_reference/);
	});

	it('is refused as a file that is too large or no picture, and in another field', async () => {
		for (const [blob, field, why] of [
			[new Blob([new Uint8Array(16_000_001)]), 'input_reference', /16 MB/],
			[new Blob(['x']), 'input_reference', /picture/],
			[new Blob([new Uint8Array(PICTURE)]), 'mask', /input_reference/],
		] as const) {
			const { status, body } = await sendForm(blob, field);
			expect(status).toBe(400);
			expect(body.error.param).toBe(field);
			expect(body.error.message).toMatch(why);
		}
	});

	it.each(['image', 'image_url', 'video_reference', 'last_image'])(
		'is never ignored under the name %s',
		async (name) => {
			const { status, body } = await create({ [name]: asDataUrl(PICTURE) });
			expect(status).toBe(400);
			expect(body.error).toMatchObject({ code: 'unsupported_field', param: name });
		},
	);

	it('is never ignored in the other dialects, which document none', async () => {
		const key = { authorization: 'Bearer x' };
		const novita = await server.call(
			'POST',
			'/v3/async/txt2video',
			{
				model_name: 'preview',
				height: 256,
				width: 256,
				steps: 2,
				prompts: [{ prompt: 'A boat', frames: 8 }],
				image_base64: PICTURE.toString('base64'),
			},
			key,
		);
		expect([novita.status, novita.body.metadata]).toEqual([400, { field: 'image_base64' }]);
		const v4 = await server.call('POST', '/api/v4/dreambooth/text2video', {
			key: 'x',
			model_id: 'preview',
			prompt: 'A boat',
			init_image: 'https://example.com/a.png',
		});
		expect([v4.status, v4.body.message]).toEqual([400, expect.stringContaining('init_image')]);
		const without = await server.call('POST', '/api/v4/dreambooth/text2video', {
			key: 'x',
			model_id: 'preview',
			prompt: 'A boat',
			init_image: null,
		});
		expect(without.status).toBe(200);
	});
});
