import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '../src/artifacts/probe/index.ts';
import { openPreview } from './support/preview.ts';
import { eventually } from './support/server.ts';
import { inspect } from './support/video.ts';

/** Needs the machine's ffmpeg. */
describe('previews that the ffmpeg of the machine encodes', () => {
	let preview: Awaited<ReturnType<typeof openPreview>>;
	beforeAll(async () => {
		preview = await openPreview('ffmpeg');
	});
	afterAll(() => preview.close());

	it.each([
		{ width: 1280, height: 720, num_frames: 24, fps: 24 },
		{ width: 40, height: 56, num_frames: 5, fps: 12 },
		{ width: 16, height: 2, num_frames: 1, fps: 1 },
		{ width: 2, height: 2, num_frames: 3, fps: 1 },
		{ width: 258, height: 130, num_frames: 7, fps: 60 },
		{ width: 64, height: 64, num_frames: 30, fps: 23.976 },
		{ width: 64, height: 64, num_frames: 10, fps: 7.5 },
	])('are exactly $width x $height, $num_frames frames at $fps a second', async (asked) => {
		const { file, settings, warnings } = await preview.make(asked);
		expect(settings.encoder).toMatch(/^libx264 \(ffmpeg \S+\)$/);
		expect(warnings).toEqual([]);
		const facts = { width: asked.width, height: asked.height, frames: asked.num_frames };
		const seconds = Math.round((asked.num_frames / asked.fps) * 1000) / 1000;
		// A library that did not write the file, and our own probe, agree on it.
		expect(await inspect(new Uint8Array(await readFile(file)).buffer)).toEqual({
			...{ codec: 'avc', ...facts, fps: asked.fps, seconds },
		});
		expect(await probe(file)).toEqual({
			...{ mimeType: 'video/mp4', ...facts, fps: asked.fps, durationSeconds: seconds },
		});
	});

	it('have the same bytes for the same request, and others for another seed', async () => {
		const bytesOf = async (seed: number) =>
			await readFile((await preview.make({ seed, width: 640, height: 360 })).file);
		const first = await bytesOf(1);
		expect(await bytesOf(1)).toEqual(first);
		expect(await bytesOf(2)).not.toEqual(first);
	});

	it('show the colours that the encoder that comes along shows', async () => {
		const without = await openPreview('/nowhere/ffmpeg');
		const request = { width: 320, height: 200, num_frames: 2 };
		const colours = await Promise.all(
			[preview, without].map(async ({ make }) => await averageColour((await make(request)).file)),
		);
		await without.close();
		const [ours, theirs] = colours as [number[], number[]];
		for (const index of [0, 1, 2]) {
			expect(Math.abs(ours[index]! - theirs[index]!)).toBeLessThan(12);
		}
	});

	it('leave no program behind when they are cancelled', async () => {
		const controller = new AbortController();
		const request = { model: 'preview-slow', prompt: 'cancelled', num_frames: 200 };
		const run = preview.make(request, controller.signal, ({ step }) => {
			if (step === 2) controller.abort(new Error('enough'));
		});
		await expect(run).rejects.toThrow('enough');
		const left = async () =>
			(await promisify(execFile)('ps', ['-eo', 'args'])).stdout.includes(preview.folder);
		await eventually(async () => ((await left()) ? undefined : true));
		expect((await preview.make()).warnings).toEqual([]);
	});
});

/** Red, green and blue of all pixels of the first frame together. */
async function averageColour(file: string): Promise<number[]> {
	const { stdout } = await promisify(execFile)(
		'ffmpeg',
		[
			...['-hide_banner', '-loglevel', 'error', '-i', file, '-frames:v', '1'],
			...['-vf', 'scale=1:1:flags=area', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
		],
		{ encoding: 'buffer' },
	);
	return [...stdout.subarray(0, 3)];
}
