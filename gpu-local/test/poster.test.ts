import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startTestServer } from './support/server.ts';

it('a machine without ffmpeg makes the video all the same', async () => {
	const server = await startTestServer([], { GPU_LOCAL_FFMPEG: '/nowhere/ffmpeg' });
	try {
		const wanted = { prompt: 'A boat', size: '64x64', num_frames: 4, fps: 4 };
		const { body } = await server.call('POST', '/v1/videos', wanted);
		expect((await server.finished(body.id)).status).toBe('completed');
		const files = await readdir(join(server.dataFolder, 'videos'));
		expect(files.map((name) => name.split('.')[1])).toEqual(['mp4']);
		const path = `/v1/videos/${body.id}/content?variant=thumbnail`;
		expect((await server.call('GET', path)).status).toBe(400);
	} finally {
		await server.stop();
	}
});
