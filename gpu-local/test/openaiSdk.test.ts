import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI, { BadRequestError, NotFoundError, toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';
import type { Json } from './support/json.ts';
import { inspect } from './support/video.ts';
import { png } from './support/png.ts';

/** The SDK's types know only OpenAI's own models, sizes and lengths. */
type Create = Parameters<OpenAI['videos']['create']>[0];
const SMALL = { prompt: 'A boat', size: '64x64', seconds: '1' } as unknown as Create;
const FINAL = ['completed', 'failed'];

/** The official SDK for Node, with nothing changed but its base URL. */
describe('the OpenAI SDK for Node', () => {
	let server: TestServer;
	let client: OpenAI;
	beforeAll(async () => {
		server = await startTestServer([], { GPU_LOCAL_FFMPEG: 'no-ffmpeg-here' });
		client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 });
	});
	afterAll(() => server.stop());

	const done = async (id: string): Promise<Json> => {
		const video = await server.finished(id);
		expect(FINAL).toContain(video.status);
		return video;
	};

	it('makes a video, follows it, and downloads it', async () => {
		const video = await client.videos.create(SMALL);
		expect(video).toMatchObject({ object: 'video', status: 'queued', size: '64x64', seconds: '1' });
		await done(video.id);
		expect((await client.videos.retrieve(video.id)).status).toBe('completed');
		const content = await client.videos.downloadContent(video.id);
		expect(await inspect(await content.arrayBuffer())).toMatchObject({ width: 64, height: 64 });
		// No still without the machine's ffmpeg: which one needs is said, and the video itself is not touched.
		for (const variant of ['thumbnail', 'spritesheet'] as const)
			await expect(client.videos.downloadContent(video.id, { variant })).rejects.toThrow(
				/400.*ffmpeg/,
			);
	});

	it('sends the picture that a video begins with', async () => {
		const input_reference = await toFile(png(40, 30), 'start.png', { type: 'image/png' });
		const video = await client.videos.create({ ...SMALL, input_reference });
		expect((await done(video.id)).warnings).toContainEqual(expect.stringContaining('picture'));
	});

	it('is told when to ask again, as long as the video is open', async () => {
		const slow = { ...SMALL, model: 'preview-slow' } as Create;
		const { data, response } = await client.videos.create(slow).withResponse();
		expect(Number(response.headers.get('openai-poll-after-ms'))).toBeGreaterThanOrEqual(250);
		await client.videos.delete(data.id);
		const after = await client.videos.retrieve(data.id).withResponse();
		expect(after.data.status).toBe('cancelled');
		expect(after.response.headers.get('openai-poll-after-ms')).toBeNull();
	});

	it('remixes: the same settings, another prompt', async () => {
		const settings = { ...SMALL, seed: 7, fps: 12 } as Create;
		const first = await done((await client.videos.create(settings)).id);
		const remix = await client.videos.remix(first.id, { prompt: 'A ship' });
		expect(remix).toMatchObject({ prompt: 'A ship', remixed_from_video_id: first.id });
		const { seed, fps, num_frames, size, model } = first;
		expect(await done(remix.id)).toMatchObject({ seed, fps, num_frames, size, model });
		await expect(client.videos.remix(first.id, { prompt: '' })).rejects.toThrow(/prompt/);
	});

	it('is told clearly what no engine can do', async () => {
		const edit = { prompt: 'x', video: { id: 'video_1' } };
		await expect(client.videos.edit(edit)).rejects.toThrow(BadRequestError);
		await expect(client.videos.extend({ ...edit, seconds: '4' })).rejects.toThrow(/remix/);
	});

	it('pages through its videos, newest first, and deletes them', async () => {
		const ids: string[] = [];
		for (let n = 0; n < 5; n++) ids.push((await client.videos.create(SMALL)).id);
		for (const id of ids) await done(id);
		const listed: string[] = [];
		for await (const video of client.videos.list({ limit: 2 })) listed.push(video.id);
		expect(listed.slice(0, 5)).toEqual([...ids].reverse());
		expect(new Set(listed).size).toBe(listed.length);
		expect(await client.videos.delete(ids[0]!)).toMatchObject({ id: ids[0], deleted: true });
		await expect(client.videos.retrieve(ids[0]!)).rejects.toThrow(NotFoundError);
	});

	it('knows the models, one by one too', async () => {
		const models = (await client.models.list()).data.map(({ id }) => id);
		expect(models).toContain('preview-slow');
		expect(await client.models.retrieve('preview-slow')).toMatchObject({ id: 'preview-slow' });
		await expect(client.models.retrieve('sora-9')).rejects.toThrow(/no model "sora-9"/);
	});

	it('reads and believes a callback', async () => {
		const bodies: Array<{ raw: string; headers: Record<string, string> }> = [];
		const receiver = createServer((request, reply) => {
			let raw = '';
			request.on('data', (chunk: Buffer) => (raw += chunk.toString()));
			request.on('end', () => {
				bodies.push({ raw, headers: request.headers as Record<string, string> });
				reply.end();
			});
		});
		await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
		const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
		const signing = await startTestServer(['--webhook-allow', '*'], {
			GPU_LOCAL_WEBHOOK_SECRETS: secret,
		});
		try {
			const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
			const { body } = await signing.call('POST', '/v1/videos', { ...SMALL, webhook_url: url });
			await signing.finished(body.id);
			await expect.poll(() => bodies.length, { timeout: 20_000 }).toBe(1);
			const { raw, headers } = bodies[0]!;
			const event = (await client.webhooks.unwrap(raw, headers, secret)) as unknown as Json;
			expect(event).toMatchObject({ type: 'video.completed', data: { id: body.id } });
		} finally {
			await signing.stop();
			receiver.close();
		}
	});
});
