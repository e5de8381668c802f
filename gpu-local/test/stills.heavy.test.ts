import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';

type Create = Parameters<OpenAI['videos']['create']>[0];
const JPEG = 'ffd8ff';

/** Needs the machine's ffmpeg. Pictures come through the official SDK. */
describe('stills of a video', () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startTestServer();
	});
	afterAll(() => server.stop());

	it.each(['thumbnail', 'spritesheet'] as const)('%s is a picture', async (variant) => {
		const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 });
		const order = { prompt: 'A boat', size: '64x64', seconds: '1' } as unknown as Create;
		const video = await client.videos.create(order);
		await server.finished(video.id);
		const picture = await client.videos.downloadContent(video.id, { variant });
		expect(picture.headers.get('content-type')).toBe('image/jpeg');
		expect(Buffer.from(await picture.arrayBuffer()).toString('hex', 0, 3)).toBe(JPEG);
	});
});
