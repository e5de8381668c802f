/** Novita's newer models: Kling, Wan, Hailuo and Seedance 1 from their pages; Seedance 2 and Veo from clients. */
import type { Document, Member } from './check';

const text = (maxLength: number): Member => ({ type: 'string', maxLength });
const needed = (member: Member): Member => ({ ...member, required: true });
const whole = (minimum: number, maximum: number): Member => ({ type: 'integer', minimum, maximum });
const oneOf = (...values: Array<string | number>): Member => ({ enum: values });
const flag: Member = { type: 'boolean' };

const kling: Document = {
	prompt: needed(text(2500)),
	duration: whole(3, 15),
	aspect_ratio: oneOf('16:9', '9:16', '1:1'),
	sound: flag,
	cfg_scale: { type: 'number', minimum: 0, maximum: 1 },
	negative_prompt: text(2500),
};
const shots: Member = {
	type: 'array',
	items: {
		type: 'object',
		properties: { prompt: { type: 'string' }, duration: whole(3, 15) },
		required: ['prompt'],
	},
};
const { aspect_ratio: _shape, ...klingPicture } = kling;
const pictures: Document = { image: needed({ type: 'string' }), end_image: { type: 'string' } };
const hailuo: Document = {
	prompt: needed({ type: 'string', minLength: 1, maxLength: 2000 }),
	duration: oneOf(6, 10),
	resolution: oneOf('768P', '1080P'),
	enable_prompt_expansion: flag,
};

/** By the last part of the path. */
export const asyncModels: Record<string, Document> = {
	'kling-v3.0-std-t2v': kling,
	'kling-v3.0-pro-t2v': {
		...kling,
		prompt: text(2500),
		multi_prompt: { type: 'array', items: { type: 'string' } },
	},
	'kling-v3.0-4k-t2v': kling,
	'kling-v3.0-std-i2v': { ...klingPicture, ...pictures, prompt: text(2500), multi_prompt: shots },
	'kling-v3.0-pro-i2v': { ...klingPicture, ...pictures, prompt: text(2500) },
	'kling-v3.0-4k-i2v': { ...klingPicture, ...pictures, prompt: text(2500), multi_prompt: shots },
	'wan2.7-t2v': {
		prompt: needed(text(1500)),
		negative_prompt: text(500),
		size: oneOf(
			'1280*720',
			'720*1280',
			'960*960',
			'1088*832',
			'832*1088',
			'1920*1080',
			'1080*1920',
			'1440*1440',
			'1632*1248',
			'1248*1632',
		),
		duration: whole(2, 15),
		audio_url: { type: 'string' },
		watermark: flag,
		prompt_extend: flag,
		seed: whole(0, 2147483647),
	},
	'minimax-hailuo-2.3-t2v': hailuo,
	'minimax-hailuo-02': { ...hailuo, image_url: { type: 'string' } },
	'seedance-v1-pro-t2v': {
		prompt: needed(text(2000)),
		resolution: needed(oneOf('480p', '720p', '1080p')),
		aspect_ratio: oneOf('21:9', '16:9', '4:3', '1:1', '3:4', '9:16'),
		duration: needed(oneOf(5, 10)),
		camera_fixed: flag,
		seed: whole(-1, 2147483647),
	},
};

const SEEDANCE = /^(doubao|dreamina)-seedance-2-(0(-(fast|mini))?|5)-\d{6}$/;

export const isSeedance = (model: unknown): boolean => SEEDANCE.test(String(model));

const seedanceTask: Document = {
	model: needed({ type: 'string' }),
	content: needed({ type: 'array', minItems: 1, items: { type: 'object' } }),
	ratio: oneOf('16:9', '4:3', '1:1', '3:4', '9:16', '21:9', 'adaptive'),
	duration: whole(4, 30),
	generate_audio: flag,
	return_last_frame: flag,
	watermark: flag,
	seed: whole(-1, 4294967295),
};

export const seedance = (model: unknown): Document => ({
	...seedanceTask,
	resolution: /-(fast|mini)-/.test(String(model))
		? oneOf('480p', '720p')
		: oneOf('480p', '720p', '1080p'),
});

const picture: Member = {
	type: 'object',
	properties: {
		mimeType: { enum: ['image/jpeg', 'image/png'] },
		bytesBase64Encoded: { type: 'string', minLength: 1 },
	},
	required: ['mimeType', 'bytesBase64Encoded'],
};

export const veo: Document = {
	instances: needed({
		type: 'array',
		minItems: 1,
		maxItems: 1,
		items: {
			type: 'object',
			properties: { prompt: { type: 'string' }, image: picture, lastFrame: picture },
			required: ['prompt'],
		},
	}),
	parameters: {
		type: 'object',
		properties: {
			aspectRatio: oneOf('16:9', '9:16'),
			resolution: oneOf('720p', '1080p'),
			durationSeconds: oneOf(4, 6, 8),
			sampleCount: whole(1, 4),
			generateAudio: flag,
			negativePrompt: { type: 'string' },
			personGeneration: { type: 'string' },
			enhancePrompt: flag,
			seed: whole(0, 4294967295),
		},
	},
};

const segment: Member = {
	type: 'object',
	properties: { frames: whole(8, 64), prompt: { type: 'string', minLength: 1, maxLength: 1024 } },
	required: ['frames', 'prompt'],
};
const named = (...more: string[]): Member => ({
	type: 'array',
	maxItems: 5,
	items: {
		type: 'object',
		properties: {
			model_name: { type: 'string', minLength: 1 },
			...(more.includes('strength')
				? { strength: { type: 'number', minimum: 0, maximum: 1 } as Member }
				: {}),
		},
		required: ['model_name', ...more],
	},
});
const testMode: Member = {
	type: 'object',
	properties: {
		enabled: flag,
		return_task_status: oneOf('TASK_STATUS_SUCCEED', 'TASK_STATUS_FAILED'),
	},
	required: ['enabled', 'return_task_status'],
};

/** `POST /v3/async/txt2video`. The sum of all frames, at most 128, is looked at apart. */
export const txt2video: Document = {
	model_name: needed({ type: 'string', minLength: 1 }),
	height: needed(whole(256, 1024)),
	width: needed(whole(256, 1024)),
	steps: needed(whole(1, 50)),
	prompts: needed({ type: 'array', minItems: 1, items: segment }),
	negative_prompt: { type: 'string', minLength: 1, maxLength: 1024 },
	guidance_scale: { type: 'number', minimum: 1, maximum: 30 },
	seed: { type: 'integer', minimum: -1 },
	loras: named('strength'),
	embeddings: named(),
	closed_loop: flag,
	clip_skip: whole(1, 12),
	extra: {
		type: 'object',
		properties: {
			response_video_type: oneOf('mp4', 'gif'),
			webhook: {
				type: 'object',
				properties: { url: { type: 'string', minLength: 1 }, test_mode: testMode },
				required: ['url'],
			},
			enterprise_plan: { type: 'object', properties: { enabled: flag }, required: ['enabled'] },
		},
	},
};

export const MAX_FRAMES = 128;
