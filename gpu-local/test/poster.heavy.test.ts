import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';

const SMALL = { size: '64x64', num_frames: 4, fps: 4 };

/** Width and height of a JPEG, from its frame header. */
function sizeOf(jpeg: Buffer): [width: number, height: number] {
	const at = jpeg.findIndex((byte, index) => byte === 0xff && jpeg[index + 1] === 0xc0);
	return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
}

const thumbnailOf = async (server: TestServer, id: string) =>
	await fetch(`${server.url}/v1/videos/${id}/content?variant=thumbnail`);

/** Needs the machine's ffmpeg. */
describe('a finished video', () => {
	let server: TestServer;
	beforeAll(async () => {
		server = await startTestServer();
	});
	afterAll(() => server.stop());

	const make = async (change: object = {}): Promise<string> => {
		const { body } = await server.call('POST', '/v1/videos', {
			...{ prompt: 'A boat', ...SMALL },
			...change,
		});
		expect((await server.finished(body.id)).status).toBe('completed');
		return body.id as string;
	};
	/** With the poster, which comes after the video. */
	const bothFilesOf = async (id: string): Promise<string[]> =>
		await eventually(async () => {
			const files = await filesOf(id);
			return files.length === 2 ? files : undefined;
		});
	const filesOf = async (id: string): Promise<string[]> =>
		(await readdir(join(server.dataFolder, 'videos')))
			.filter((name) => name.startsWith(id.replace('video_', '')))
			.map((name) => name.split('.')[1]!)
			.sort();

	it.each(['mp4', 'gif'])('has a poster beside it: %s', async (format) => {
		const id = await make({ output_format: format, size: '96x64' });
		expect(await bothFilesOf(id)).toEqual([format, 'jpg'].sort());
		const reply = await thumbnailOf(server, id);
		expect(reply.headers.get('content-type')).toBe('image/jpeg');
		expect(sizeOf(Buffer.from(await reply.arrayBuffer()))).toEqual([96, 64]);
	});

	it('takes it along when it is deleted', async () => {
		const id = await make();
		expect(await bothFilesOf(id)).toEqual(['jpg', 'mp4']);
		await server.call('DELETE', `/v1/videos/${id}`);
		expect(await filesOf(id)).toEqual([]);
		expect((await thumbnailOf(server, id)).status).toBe(404);
	});
});
