import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTestCore } from './support/core.ts';
import { eventually, startTestServer } from './support/server.ts';
import { Posters } from '../src/worker/posters.ts';

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
}, 90_000);

it('the video is there before its poster, and can be removed while that is made', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'gpu-local-poster-'));
	const path = join(folder, 'ffmpeg');
	const go = join(folder, 'go');
	// Encodes nothing, and makes a picture when it may.
	const lines = [
		...['#!/bin/sh', 'case "$*" in *libx264*) exit 1;; esac'],
		...[`while [ ! -e ${go} ]; do sleep 0.05; done`, 'printf picture'],
	];
	await writeFile(path, lines.join('\n'), { mode: 0o755 });
	const server = await startTestServer([], { GPU_LOCAL_FFMPEG: path });
	const videos = async () =>
		(await readdir(join(server.dataFolder, 'videos'))).map((name) => name.split('.')[1]).sort();
	try {
		const wanted = { prompt: 'A boat', size: '64x64', num_frames: 4, fps: 4 };
		const kept = (await server.call('POST', '/v1/videos', wanted)).body.id as string;
		expect((await server.finished(kept)).status).toBe('completed');
		const removed = (await server.call('POST', '/v1/videos', wanted)).body.id as string;
		expect((await server.finished(removed)).status).toBe('completed');
		const content = await fetch(`${server.url}/v1/videos/${kept}/content`);
		expect(content.headers.get('content-type')).toBe('video/mp4');
		await content.arrayBuffer();
		expect(await videos()).toEqual(['mp4', 'mp4']);
		await server.call('DELETE', `/v1/videos/${removed}`);
		await writeFile(go, '');
		await eventually(async () => (await videos()).includes('jpg') || undefined);
		const picture = await fetch(`${server.url}/v1/videos/${kept}/content?variant=thumbnail`);
		expect(await picture.text()).toBe('picture');
		await eventually(async () =>
			(await readdir(join(server.dataFolder, 'work'))).length === 0 ? true : undefined,
		);
		expect(await videos()).toEqual(['jpg', 'mp4']);
	} finally {
		await server.stop();
		await rm(folder, { recursive: true, force: true });
	}
}, 90_000);

it('a poster that the engine made is taken, and one that is gone is made as without it', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'gpu-local-poster-'));
	const { core, stop } = await openTestCore(['--data', folder]);
	const ffmpeg = join(folder, 'ffmpeg');
	await writeFile(ffmpeg, '#!/bin/sh\nprintf "made here"', { mode: 0o755 });
	const picture = join(folder, 'middle.jpg');
	await writeFile(picture, 'a picture');
	await writeFile(join(folder, 'video'), 'a video');
	// No job has these videos, so that their posters are put into the store and removed again.
	const put: string[] = [];
	const store = {
		...core.artifacts,
		put: async (path: string) => void put.push(await readFile(path, 'utf8')),
	};
	const posters = new Posters(core.database, store, ffmpeg, core.log);
	const facts = { mimeType: 'video/mp4', width: 2, height: 2, frames: 1, fps: 1 };
	const artifact = { ...facts, bytes: 1, sha256: '', durationSeconds: 1, name: 'video.mp4' };
	const done: string[] = [];
	for (const poster of [picture, join(folder, 'gone.jpg'), undefined]) {
		const finished = { videoId: randomUUID(), artifact, file: join(folder, 'video'), poster };
		posters.add(finished, async () => void done.push(finished.videoId));
	}
	try {
		await eventually(async () => (done.length === 3 ? true : undefined));
		expect(put).toEqual(['a picture', 'made here', 'made here']);
	} finally {
		await posters.stop();
		await stop();
		await rm(folder, { recursive: true, force: true });
	}
}, 90_000);
