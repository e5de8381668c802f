import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFfmpeg } from '../src/lib/ffmpeg.ts';
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

	it('last_frame is the last picture in full size, not one before it', async () => {
		const order = { prompt: 'A boat', size: '96x64', seconds: '1', fps: 8 };
		const created = await fetch(`${server.url}/v1/videos`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(order),
		});
		const { id } = (await created.json()) as { id: string };
		await server.finished(id);
		const content = async (variant: string) => {
			const reply = await fetch(`${server.url}/v1/videos/${id}/content?variant=${variant}`);
			return Buffer.from(await reply.arrayBuffer());
		};
		const last = await content('last_frame');
		expect(sizeOfJpeg(last)).toEqual({ width: 96, height: 64 });
		expect(last.equals(await lastPictureOf(await content('video')))).toBe(true);
	});
});

/** Played backwards, a video begins with it. */
async function lastPictureOf(video: Buffer): Promise<Buffer> {
	const folder = mkdtempSync(join(tmpdir(), 'last-picture-'));
	const path = join(folder, 'video.mp4');
	try {
		writeFileSync(path, video);
		const jpeg = ['-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '2', '-f', 'image2pipe', 'pipe:1'];
		return await runFfmpeg('ffmpeg', ['-i', path, '-vf', 'reverse', ...jpeg]);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

/** From the frame header (SOF0). */
function sizeOfJpeg(bytes: Buffer): { width: number; height: number } {
	const header = bytes.indexOf(Buffer.from('ffc0', 'hex'));
	return { height: bytes.readUInt16BE(header + 5), width: bytes.readUInt16BE(header + 7) };
}
