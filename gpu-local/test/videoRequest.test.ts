import { describe, expect, it } from 'vitest';
import type { RequestValues } from '../../providers/contract';
import { DEFAULT_LIMITS } from '../src/videos/limits.ts';
import { chooseModel } from '../src/videos/models.ts';
import { completeRequest } from '../src/videos/request.ts';
import type { ModelInfo } from '../src/engines/engine.ts';

const MODEL: ModelInfo = {
	id: 'wan-1.3b',
	title: 'Wan 1.3B',
	kind: 'checkpoint',
	family: 'wan',
	defaults: { width: 832, height: 480, fps: 16, num_frames: 81, num_inference_steps: 50 },
	sizeMultiple: 16,
	frameRule: { multiple: 4, plus: 1, min: 5, max: 121 },
	supports: ['negative_prompt', 'num_inference_steps', 'guidance_scale', 'scheduler', 'loras'],
	schedulers: ['UniPCMultistepScheduler'],
};

const complete = (values: RequestValues) =>
	completeRequest({ prompt: 'A boat', ...values }, MODEL, DEFAULT_LIMITS, 4711);

describe('completing a request', () => {
	it('takes what is left out from the model', () => {
		const { request, warnings } = complete({});
		expect(request).toMatchObject({
			width: 832,
			height: 480,
			fps: 16,
			num_frames: 81,
			num_inference_steps: 50,
			seed: 4711,
			output_format: 'mp4',
		});
		expect(warnings).toEqual([]);
	});

	it.each([
		[{ size: '840x490' }, { width: 832, height: 480 }],
		[{ size: '20x20' }, { width: 16, height: 16 }],
		[
			{ aspect_ratio: '16:9', resolution: '360p' },
			{ width: 640, height: 352 },
		],
		[
			{ aspect_ratio: '9:16', resolution: '360p' },
			{ width: 352, height: 640 },
		],
		[{ resolution: '720p' }, { width: 1280, height: 720 }],
		[{ aspect_ratio: '1:1' }, { width: 480, height: 480 }],
		[
			{ size: '64x64', aspect_ratio: '16:9' },
			{ width: 64, height: 64 },
		],
	])('fits the size of %j', (values, size) => {
		expect(complete(values as RequestValues).request).toMatchObject(size);
	});

	it.each([
		[{ num_frames: 8 }, 5],
		[{ num_frames: 9 }, 9],
		[{ num_frames: 1 }, 5],
		[{ num_frames: 500 }, 121],
		[{ seconds: 2 }, 29],
		[{ seconds: 2, fps: 8 }, 13],
		[{ seconds: 100, num_frames: 13 }, 13],
	])('fits the length of %j to %i frames', (values, frames) => {
		expect(complete(values as RequestValues).request.num_frames).toBe(frames);
	});

	it.each([
		[{ num_inference_steps: 1 }, 2, ''],
		[{ num_inference_steps: 2 }, undefined, ''],
		[{ num_inference_steps: 3, scheduler: 'PNDMScheduler' }, 4, ' with PNDMScheduler'],
		[{ num_inference_steps: 4, scheduler: 'PNDMScheduler' }, undefined, ''],
	])('refuses too few steps: %j', (values, least, used) => {
		const minSteps = { least: 2, schedulers: { PNDMScheduler: 4 } };
		const model = { ...MODEL, minSteps, schedulers: ['PNDMScheduler'] };
		const ask = (info: ModelInfo, more: RequestValues) =>
			completeRequest({ prompt: 'A boat', ...more }, info, DEFAULT_LIMITS, 1);
		const outcome = (info: ModelInfo, more: RequestValues): string => {
			try {
				return `${ask(info, more).request.num_inference_steps} steps`;
			} catch (error) {
				return (error as Error).message;
			}
		};
		const refused = `The field num_inference_steps is ${values.num_inference_steps}, but the model "wan-1.3b" needs at least ${least} steps${used}.`;
		const wanted = least === undefined ? `${values.num_inference_steps} steps` : refused;
		expect(outcome(model, values)).toBe(wanted);
		// A distilled model's own scheduler counts like one that is asked for.
		const own = { ...model, minSteps: { ...minSteps, own: 'PNDMScheduler' } };
		expect(outcome(own, { num_inference_steps: 3 })).toContain('at least 4 steps with PNDM');
	});

	it('says what it changed, and refuses to change anything where strict is on', () => {
		const values = { size: '840x490', num_frames: 8, clip_skip: 2, scheduler: 'DDIMScheduler' };
		const { request, warnings } = complete(values);
		expect(request).not.toHaveProperty('clip_skip');
		expect(request).not.toHaveProperty('scheduler');
		expect(warnings).toEqual([
			'The size 840x490 became 832x480: the model "wan-1.3b" makes multiples of 16 pixels.',
			'8 frames became 5: the model "wan-1.3b" makes multiples of 4 plus 1 from 5 up to 121.',
			'The model "wan-1.3b" has no use for the field clip_skip; it was not used.',
			'The model "wan-1.3b" cannot use DDIMScheduler; its own scheduler was used. It can use: UniPCMultistepScheduler.',
		]);
		expect(() => complete({ num_frames: 8, strict: true })).toThrow(
			expect.objectContaining({ code: 'unsupported_field', detail: { field: 'num_frames' } }),
		);
	});

	it('adds words only where asked, the same ones each time', () => {
		expect(complete({}).request.prompt).toBe('A boat');
		const { prompt } = complete({ enhance_prompt: true, style: 'clay' }).request;
		expect(prompt).toMatch(/^A boat, claymation style, .*cinematic/);
		expect(complete({ enhance_prompt: true, style: 'clay' }).request.prompt).toBe(prompt);
	});

	it('lets the segments share what rounding left of the frames', () => {
		const { request } = completeRequest(
			{
				prompt: 'A',
				prompts: [
					{ prompt: 'A', frames: 8 },
					{ prompt: 'B', frames: 8 },
				],
			},
			{ ...MODEL, supports: ['prompts'] },
			DEFAULT_LIMITS,
			1,
		);
		expect(request.num_frames).toBe(13);
		expect(request.prompts).toEqual([
			{ prompt: 'A', frames: 8 },
			{ prompt: 'B', frames: 5 },
		]);
	});

	it.each([
		[{ size: '4096x4096' }, /more than|at most/],
		[{ size: '1920x1088', num_frames: 121, num_inference_steps: 200 }, /together are more/],
	])('refuses %j as too much work', (values, message) => {
		expect(() => complete(values as RequestValues)).toThrow(message);
	});
});

describe('choosing a model', () => {
	const runner = { id: '1', host: 'a', engine: 'x', slots: 1, fallback_model: null, devices: [] };
	const models = [MODEL, { ...MODEL, id: 'sd15.safetensors' }];
	const choose = (name: string | undefined, more: object = {}) =>
		chooseModel([{ ...runner, models, ...more }], name, {
			defaultModel: undefined,
			aliases: { midjourney: 'wan-1.3b' },
		}).model.id;

	it.each([
		[undefined, 'wan-1.3b'],
		['wan-1.3b', 'wan-1.3b'],
		['midjourney', 'wan-1.3b'],
		['sd15', 'sd15.safetensors'],
		['SD15.safetensors', 'sd15.safetensors'],
		['Wan-AI/wan-1.3b', 'wan-1.3b'],
	])('%s is %s', (name, id) => {
		expect(choose(name)).toBe(id);
	});

	it('says which models there are', () => {
		expect(() => choose('other')).toThrow(
			'There is no model "other" here. The models are: wan-1.3b, sd15.safetensors.',
		);
	});

	it('takes the stand-in of an engine that has one', () => {
		expect(choose('other', { fallback_model: 'wan-1.3b' })).toBe('wan-1.3b');
	});

	it('says that nobody makes videos', () => {
		expect(() => chooseModel([], 'a', { defaultModel: undefined, aliases: {} })).toThrow(
			/No machine that makes videos is connected/,
		);
	});
});
