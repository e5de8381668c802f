import { createHash } from 'node:crypto';
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTable } from '../../src/models/table.ts';
import { ended, type Video } from './server.ts';
import { FAMILIES, FURTHER, WAN_22 } from './tinyModels.ts';
import { openTinyServer } from './tinyServer.ts';

let server: Awaited<ReturnType<typeof openTinyServer>>;

beforeAll(async () => {
	server = await openTinyServer();
});

afterAll(async () => {
	await server?.close();
});

const BASE = { prompt: 'a lighthouse in a storm', seed: 7 };

async function make(fields: object): Promise<Video> {
	const video = await server.submit({ ...BASE, ...fields });
	expect(video.id, JSON.stringify(video)).toBeDefined();
	return await server.until(video.id, ended);
}

const settings = (video: Video) => video.settings as Record<string, unknown>;
const error = (video: Video) => video.error as { code: string; message: string };
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('the models that a picker shows', () => {
	it('are the aliases, with their kinds', async () => {
		const reply = await server.ask('GET', '/v1/models');
		const { data } = (await reply.json()) as { data: Array<{ id: string }> };
		expect(data.map(({ id }) => id).sort()).toEqual(
			[
				...FAMILIES,
				...WAN_22,
				...FURTHER,
				...[...FAMILIES, ...WAN_22].map((name) => `${name}-lora`),
				'sd15',
				'realistic',
				'kohya',
				'zero',
				'badhandv4',
			].sort(),
		);
	});
});

describe.each(FAMILIES)('%s', (model) => {
	const row = readTable().families[model]!;

	it('makes an MP4 of exactly the asked size, length and rate', async () => {
		const video = await make({ model, size: '70x50', num_frames: 10, fps: 12 });
		expect(video).toMatchObject({ status: 'completed', progress: 100, warnings: [], seed: 7 });
		const { type, facts } = await server.look(video.id);
		expect(type).toBe('video/mp4');
		expect(facts).toMatchObject({ width: 70, height: 50, frames: 10, fps: 12 });
	});

	it('makes a GIF', async () => {
		const video = await make({ model, output_format: 'gif', num_frames: 8, fps: 10 });
		const { type, facts } = await server.look(video.id);
		expect(type).toBe('image/gif');
		expect(facts).toMatchObject({ width: 64, height: 64, frames: 8, fps: 10 });
	});

	it('gives the same file for the same seed, and a seed for none', async () => {
		const files = [];
		for (const seed of [5, 5, 6]) {
			files.push(sha256((await server.look((await make({ model, seed })).id)).bytes));
		}
		expect(files[0]).toBe(files[1]);
		expect(files[0]).not.toBe(files[2]);
		const { seed } = await make({ model, seed: -1 });
		expect(seed).toBeGreaterThanOrEqual(0);
	});

	const isUsed = (scheduler: string) => row.schedulers[scheduler] !== undefined;

	it.each(readTable().schedulerNames.filter(isUsed))('uses %s', async (scheduler) => {
		const video = await make({ model, scheduler, num_inference_steps: 4, num_frames: 9 });
		expect(video.status, JSON.stringify(video.error)).toBe('completed');
		expect(settings(video).scheduler).toBe(row.schedulers[scheduler]);
		expect(video.warnings).toEqual([]);
	});

	it.each(readTable().schedulerNames.filter((name) => !isUsed(name)))(
		'says that it cannot use %s',
		async (scheduler) => {
			const video = await make({ model, scheduler, num_inference_steps: 4, num_frames: 9 });
			expect(video.status, JSON.stringify(video.error)).toBe('completed');
			expect((video.warnings as string[]).join()).toContain(scheduler);
			const request = { ...BASE, model, scheduler, strict: true };
			expect((await server.ask('POST', '/v1/videos', request)).status).toBe(400);
		},
	);

	it('makes four prompts of 32 frames into 128 frames', async () => {
		const prompts = [1, 2, 3, 4].map((n) => ({ prompt: `scene ${n}`, frames: 32 }));
		const video = await make({ model, prompts, size: '32x32' });
		expect(video.status, JSON.stringify(video.error)).toBe('completed');
		expect((await server.look(video.id)).facts.frames).toBe(128);
	});

	it('closes a loop and says how', async () => {
		const video = await make({ model, closed_loop: true, num_frames: 13 });
		expect(settings(video).closed_loop_method).toBe(row.closedLoop);
		expect((await server.look(video.id)).facts.frames).toBe(13);
	});

	it('uses a LoRA by its alias, and fails a job whose LoRA does nothing', async () => {
		const name = `${model}-lora`;
		const plain = await make({ model });
		const styled = await make({ model, loras: [{ model_name: name, strength: 0.8 }] });
		expect(settings(styled).loras).toEqual([{ model_name: name, strength: 0.8 }]);
		const files = await Promise.all([plain, styled].map(({ id }) => server.look(id)));
		expect(sha256(files[0]!.bytes)).not.toBe(sha256(files[1]!.bytes));
		const useless = await make({ model, loras: [{ model_name: 'zero', strength: 1 }] });
		expect(useless.status).toBe('failed');
		expect(error(useless).message).toContain('changes nothing');
	});
});

describe('what only AnimateDiff has', () => {
	it('uses an embedding and clip skip', async () => {
		const fields = { model: 'animatediff', negative_prompt: 'badhandv4, blurry' };
		const video = await make({
			...fields,
			embeddings: [{ model_name: 'badhandv4.safetensors' }],
			clip_skip: 2,
		});
		expect(video).toMatchObject({ status: 'completed', warnings: [] });
		expect(settings(video)).toMatchObject({
			clip_skip: 2,
			embeddings: [{ model_name: 'badhandv4' }],
		});
	});

	it('makes videos with a picture checkpoint and the motion adapter that is there', async () => {
		expect(await make({ model: 'sd15' })).toMatchObject({ status: 'completed' });
	});

	it('makes videos with a checkpoint and a motion adapter that are one file each', async () => {
		const video = await make({
			model: 'realistic.safetensors',
			size: '70x50',
			num_frames: 20,
			negative_prompt: 'badhandv4',
			embeddings: [{ model_name: 'badhandv4' }],
			loras: [{ model_name: 'kohya', strength: 0.7 }],
			clip_skip: 2,
		});
		expect(video, JSON.stringify(video.error)).toMatchObject({ status: 'completed', warnings: [] });
		const { type, facts } = await server.look(video.id);
		expect(type).toBe('video/mp4');
		expect(facts).toMatchObject({ width: 70, height: 50, frames: 20, fps: 8 });
	});

	it('is said where another family is asked for it, and refused when strict', async () => {
		const fields = { model: 'wan', clip_skip: 2, embeddings: [{ model_name: 'badhandv4' }] };
		const video = await make(fields);
		expect((video.warnings as string[]).join()).toMatch(
			/clip_skip[^]*embeddings|embeddings[^]*clip_skip/,
		);
		const refused = await server.ask('POST', '/v1/videos', { ...BASE, ...fields, strict: true });
		expect(refused.status).toBe(400);
	});
});

describe('Wan 2.2', () => {
	it.each(WAN_22)('makes an MP4 with %s, and another one with a LoRA', async (model) => {
		const fields = { model, size: '70x50', num_frames: 10, num_inference_steps: 12 };
		const plain = await make(fields);
		expect(plain, JSON.stringify(plain.error)).toMatchObject({ status: 'completed', warnings: [] });
		const loras = [{ model_name: `${model}-lora`, strength: 1 }];
		const styled = await make({ ...fields, loras });
		const files = await Promise.all([plain, styled].map(({ id }) => server.look(id)));
		for (const { facts } of files) {
			expect(facts).toMatchObject({ width: 70, height: 50, frames: 10, fps: 8 });
		}
		expect(sha256(files[0]!.bytes)).not.toBe(sha256(files[1]!.bytes));
	});
});

describe('a LoRA that is not there', () => {
	it('fails the job and names it', async () => {
		const video = await make({ model: 'wan', loras: [{ model_name: 'nowhere', strength: 1 }] });
		expect(error(video)).toMatchObject({ code: 'model_not_found' });
		expect(error(video).message).toContain('nowhere');
	});
});

describe('four jobs at once', () => {
	it('all succeed, one after another, with their own settings', async () => {
		const jobs = await Promise.all(
			FAMILIES.map((model, index) => server.submit({ ...BASE, model, seed: 100 + index })),
		);
		const videos = await Promise.all(jobs.map(({ id }) => server.until(id, ended)));
		expect(videos.map(({ status, model, seed }) => [status, model, seed])).toEqual(
			FAMILIES.map((model, index) => ['completed', model, 100 + index]),
		);
	});
});

describe('a family of its own kind', () => {
	const RED =
		'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAS0lEQVR42u3PQQkAAAgAsetfWiP4FgYrsKZeS0BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEDgsqnc8OJg6Ln3AAAAAElFTkSuQmCC';
	const SHORT = { num_frames: 9, num_inference_steps: 2, fps: 8 };

	it('makes sound that the MP4 holds, as long as its pictures, and none in a GIF', async () => {
		const video = await make({ model: 'ltx2', size: '64x64', ...SHORT });
		expect(video).toMatchObject({ status: 'completed', warnings: [] });
		expect(settings(video).audio).toMatchObject({ codec: 'aac' });
		const { bytes, facts } = await server.look(video.id);
		expect(facts).toMatchObject({ width: 64, height: 64, frames: 9, fps: 8 });
		const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) });
		const audio = await input.getPrimaryAudioTrack();
		expect(audio).toMatchObject({ codec: 'aac' });
		const seconds = await audio!.computeDuration();
		expect(Math.abs(seconds - 9 / 8)).toBeLessThan(0.1);
		const silent = await make({ model: 'ltx2', output_format: 'gif', ...SHORT });
		expect(String(silent.warnings)).toMatch(/GIF has no sound/);
	});

	it('begins with a picture from a data URL and from a form, and is refused without one', async () => {
		const plain = { model: 'wan-i2v', prompt: 'x', seed: 7, ...SHORT };
		const byUrl = await make({ ...plain, size: '64x64', input_reference: RED });
		expect(byUrl).toMatchObject({ status: 'completed' });
		const form = new FormData();
		const fields = { ...plain, size: '64x64' };
		for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
		const red = Buffer.from(RED.split(',')[1]!, 'base64');
		form.append('input_reference', new Blob([red], { type: 'image/png' }), 'red.png');
		const sent = await fetch(`${server.url}/v1/videos`, { method: 'POST', body: form });
		const { id } = (await sent.json()) as Video;
		const byForm = await server.until(id, ended);
		expect(byForm).toMatchObject({ status: 'completed' });
		const files = await Promise.all([byUrl, byForm].map(async (one) => await server.look(one.id)));
		expect(sha256(files[0]!.bytes)).toBe(sha256(files[1]!.bytes));
		const refused = await server.submit({ ...plain });
		expect(refused.error).toMatchObject({ param: 'input_reference' });
	});

	it('makes a video with HunyuanVideo 1.5', async () => {
		const size = { size: '32x32', num_frames: 5, num_inference_steps: 1, fps: 8 };
		const video = await make({ model: 'hunyuanvideo15', ...size });
		expect(video).toMatchObject({ status: 'completed', warnings: [] });
		const { facts } = await server.look(video.id);
		expect(facts).toMatchObject({ width: 32, height: 32, frames: 5, fps: 8 });
	});
});
