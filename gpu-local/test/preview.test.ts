import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '../src/artifacts/probe/index.ts';
import type { Engine, Progress, VideoRequest } from '../src/engines/engine.ts';
import { createPreviewEngine } from '../src/engines/preview/index.ts';
import { createPainter } from '../src/engines/preview/frames.ts';
import { REQUEST } from './support/preview.ts';
import { inspect } from './support/video.ts';

describe('the preview engine', () => {
	let engine: Engine;
	let folder: string;
	let files = 0;

	beforeAll(async () => {
		engine = await createPreviewEngine({ env: { GPU_LOCAL_FFMPEG: '/nowhere/ffmpeg' } });
		folder = await mkdtemp(join(tmpdir(), 'gpu-local-preview-'));
	});
	afterAll(async () => {
		await engine.close();
		await rm(folder, { recursive: true, force: true });
	});

	const make = async (
		change: Partial<VideoRequest> = {},
		signal = new AbortController().signal,
		progress: (progress: Progress) => void = () => undefined,
	): Promise<string> => {
		const outputPath = join(folder, `${++files}.video`);
		const request = { ...REQUEST, ...change };
		await engine.generate(
			{ id: String(files), request, outputPath },
			{ signal, progress, remember: async () => undefined, log: () => undefined },
		);
		return outputPath;
	};

	it.each([
		{ width: 512, height: 320, num_frames: 40, fps: 8 },
		{ width: 40, height: 56, num_frames: 5, fps: 12 },
		{ width: 2, height: 2, num_frames: 1, fps: 1 },
		{ width: 258, height: 130, num_frames: 7, fps: 60 },
		{ width: 64, height: 64, num_frames: 30, fps: 23.976 },
		{ width: 64, height: 64, num_frames: 10, fps: 7.5 },
	])('makes exactly $width x $height, $num_frames frames at $fps a second', async (asked) => {
		const path = await make(asked);
		const bytes = await readFile(path);
		const facts = { width: asked.width, height: asked.height, frames: asked.num_frames };
		const seconds = Math.round((asked.num_frames / asked.fps) * 1000) / 1000;
		// A library that did not write the file, and our own probe, agree on it.
		expect(await inspect(new Uint8Array(bytes).buffer)).toEqual({
			codec: 'avc',
			...facts,
			fps: asked.fps,
			seconds,
		});
		expect(await probe(path)).toEqual({
			mimeType: 'video/mp4',
			...facts,
			fps: asked.fps,
			durationSeconds: seconds,
		});
	});

	it.each([
		{ width: 101, height: 77, num_frames: 12, fps: 12, seconds: 1 },
		{ width: 64, height: 64, num_frames: 10, fps: 8, seconds: 1.25 },
	])(
		'makes a GIF of $width x $height, $num_frames frames, that keeps its length',
		async (asked) => {
			const { seconds, ...change } = asked;
			const path = await make({ ...change, output_format: 'gif' });
			expect((await readFile(path)).toString('latin1', 0, 6)).toBe('GIF89a');
			expect(await probe(path)).toMatchObject({
				mimeType: 'image/gif',
				width: asked.width,
				height: asked.height,
				frames: asked.num_frames,
				durationSeconds: seconds,
			});
		},
	);

	it('gives the same bytes for the same request, and others for another seed or prompt', async () => {
		const first = await readFile(await make());
		expect(await readFile(await make())).toEqual(first);
		expect(await readFile(await make({ seed: 8 }))).not.toEqual(first);
		expect(await readFile(await make({ prompt: 'A wolf in the snow' }))).not.toEqual(first);
	});

	it('shows one prompt after the other', () => {
		const spec = { ...REQUEST, frames: 4, width: 320, height: 200 };
		const segments = [
			{ prompt: 'First', frames: 2 },
			{ prompt: 'Second', frames: 2 },
		];
		const both = createPainter({ ...spec, segments });
		const same = createPainter({
			...spec,
			segments: [
				{ prompt: 'First', frames: 2 },
				{ prompt: 'First', frames: 2 },
			],
		});
		// Only the words differ here, and the words are white; the background follows all prompts.
		const white = (pixels: Uint8Array) => pixels.reduce((sum, p) => sum + (p === 192 ? 1 : 0), 0);
		expect(white(both.paint(0))).toBe(white(same.paint(0)));
		expect(white(both.paint(3))).not.toBe(white(same.paint(3)));
	});

	it('reports every frame', async () => {
		const steps: Array<number | undefined> = [];
		await make({}, undefined, ({ step }) => steps.push(step));
		expect(steps).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
	});

	it('stops in the middle when it is told to, and works on', async () => {
		const controller = new AbortController();
		const slow = make({ model: 'preview-slow' }, controller.signal, ({ step }) => {
			if (step === 2) controller.abort(new Error('enough'));
		});
		await expect(slow).rejects.toThrow('enough');
		expect(await probe(await make())).toMatchObject({ frames: 16 });
	});

	it('fails on purpose with the model for that', async () => {
		await expect(make({ model: 'preview-fail' })).rejects.toMatchObject({
			code: 'invalid_request',
			message: 'The model "preview-fail" fails on purpose.',
		});
	});
});
