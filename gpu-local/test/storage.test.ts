/** A storage that is away must not cost what was made already. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFolderStore } from '../src/artifacts/folderStore.ts';
import { StorageError } from '../src/artifacts/store.ts';
import type { ArtifactStore } from '../src/artifacts/store.ts';
import type { Engine } from '../src/engines/engine.ts';
import { createPreviewEngine } from '../src/engines/preview/index.ts';
import type { VideoRow } from '../src/store/video.ts';
import { makeVideo } from '../src/worker/makeVideo.ts';

const VIDEO = {
	id: '00000000-0000-4000-8000-000000000009',
	request: {
		...{ model: 'preview', prompt: 'A boat', width: 64, height: 64, fps: 8, num_frames: 4 },
		...{ seed: 1, output_format: 'mp4', strict: false },
	},
	warnings: [],
	engine_memory: null,
} as unknown as VideoRow;

let folder: string;
let engine: Engine;
let made: number;
let waitedMs: number;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'gpu-local-storage-'));
	made = 0;
	waitedMs = 0;
	const preview = await createPreviewEngine({ env: { GPU_LOCAL_FFMPEG: '/nowhere/ffmpeg' } });
	engine = {
		...preview,
		generate: async (job, context) => {
			made += 1;
			return await preview.generate(job, context);
		},
	};
});
afterEach(async () => {
	await engine.close();
	await rm(folder, { recursive: true, force: true });
});

/** Fails as often as is said, then works. */
async function flaky(failures: number): Promise<ArtifactStore> {
	const store = await openFolderStore(join(folder, 'videos'));
	let left = failures;
	return {
		...store,
		put: async (path, name, mimeType) => {
			if (left-- > 0) throw new StorageError('The storage s3://videos does not answer.');
			await store.put(path, name, mimeType);
		},
	};
}

const tools = (artifacts: ArtifactStore, signal = new AbortController().signal) => ({
	...{ engine, artifacts, signal },
	workFolder: join(folder, 'work'),
	progress: () => undefined,
	slotFree: () => undefined,
	remember: async () => undefined,
	noteFile: async () => undefined,
	picture: async () => new Uint8Array(),
	sleep: async (ms: number, during: AbortSignal) => {
		during.throwIfAborted();
		waitedMs += ms;
		await new Promise((resolve) => setTimeout(resolve, 1));
	},
	log: () => undefined,
});

it('a storage that is away for some seconds is tried again, with the video that is there', async () => {
	const { artifact } = await makeVideo(VIDEO, 'one', tools(await flaky(2)));
	expect(made).toBe(1);
	expect(await readdir(join(folder, 'videos'))).toEqual([artifact.name]);
});

it('what was made before the process had to stop is not made again', async () => {
	const stopping = new AbortController();
	const away = await flaky(Number.POSITIVE_INFINITY);
	const run = makeVideo(
		VIDEO,
		'one',
		tools(
			{
				...away,
				put: async (...args) => {
					stopping.abort(new Error('the process stops'));
					await away.put(...args);
				},
			},
			stopping.signal,
		),
	);
	await expect(run).rejects.toThrow('the process stops');
	const { artifact } = await makeVideo(VIDEO, 'two', tools(await flaky(0)));
	expect(made).toBe(1);
	expect(artifact).toMatchObject({ width: 64, height: 64, frames: 4 });
});

it('an attempt that was cut off in the middle leaves nothing that is taken for a video', async () => {
	const cut: Engine = {
		...engine,
		generate: async (job) => {
			await writeFile(job.outputPath, 'half');
			throw new Error('killed');
		},
	};
	await expect(makeVideo(VIDEO, 'one', { ...tools(await flaky(0)), engine: cut })).rejects.toThrow(
		'killed',
	);
	await makeVideo(VIDEO, 'two', tools(await flaky(0)));
	expect(made).toBe(1);
});

it('what is lost for good names the storage', async () => {
	const run = makeVideo(VIDEO, 'one', tools(await flaky(Number.POSITIVE_INFINITY)));
	await expect(run).rejects.toMatchObject({
		code: 'storage_unavailable',
		retryable: false,
		message: expect.stringMatching(/could not be stored at .*videos: The storage s3:/),
	});
	// A quarter of an hour.
	expect(waitedMs / 60_000).toBeCloseTo(15, 0);
});
