import { z } from 'zod/v4';

/** What a worker process says, one JSON object a line on its private pipe. */
const result = z.object({
	file: z.string(),
	/** A JPEG of the picture in the middle. */
	poster: z.string().optional(),
	mime_type: z.enum(['video/mp4', 'image/gif']),
	width: z.number(),
	height: z.number(),
	frames: z.number(),
	fps: z.number(),
	seed: z.number(),
	settings: z.record(z.string(), z.unknown()),
	warnings: z.array(z.string()),
	timings: z.record(z.string(), z.number()),
});

const stage = z.enum(['loading', 'encoding_prompt', 'denoising', 'decoding', 'muxing']);

const code = z.enum([
	'invalid_request',
	'model_not_found',
	'unsupported_field',
	'gpu_oom',
	'cancelled',
	'disk_full',
	'engine_failed',
]);

const device = z.object({
	device: z.object({ type: z.string(), index: z.number().nullable(), name: z.string() }),
	memory_bytes: z.number(),
});

const message = z.discriminatedUnion('type', [
	device.extend({
		type: z.literal('hello'),
		/** Those that are grouped with it for models that ask for several. */
		further: z.array(device).optional(),
		rocm: z.boolean(),
		versions: z.record(z.string(), z.string()),
	}),
	z.object({ type: z.literal('heartbeat') }),
	z.object({
		type: z.literal('progress'),
		id: z.string(),
		stage,
		step: z.number().optional(),
		steps: z.number().optional(),
	}),
	z.object({
		/** The model has done its part of a job: the next one may come. The file is not done yet. */
		type: z.literal('device_free'),
		id: z.string(),
		warm: z.array(z.string()),
	}),
	z.object({
		type: z.literal('done'),
		id: z.string(),
		result,
		/** Aliases of the models that are loaded now. */
		warm: z.array(z.string()),
	}),
	z.object({
		type: z.literal('loaded'),
		id: z.string(),
		/** How it sits on its device, as the settings of its jobs name it. */
		profile: z.string(),
		weight_bytes: z.number(),
		warm: z.array(z.string()),
	}),
	z.object({
		type: z.literal('error'),
		id: z.string().nullish(),
		code,
		message: z.string(),
		field: z.string().optional(),
		remedy: z.string().optional(),
	}),
]);

export type WorkerMessage = z.infer<typeof message>;
export type WorkerHello = Extract<WorkerMessage, { type: 'hello' }>;
export type WorkerResult = z.infer<typeof result>;

/** Undefined for a line that is no message of the protocol. */
export function parseWorkerMessage(line: string): WorkerMessage | undefined {
	try {
		return message.safeParse(JSON.parse(line)).data;
	} catch {
		return undefined;
	}
}

/** A model with its files on this machine. */
export interface WorkerModel {
	alias: string;
	family: string;
	path: string;
	motion_adapter?: string;
	config?: string;
	base?: string;
	low_noise?: string;
	light_vae?: string;
	defaults?: Record<string, number>;
	negative_prompt?: string;
	scheduler?: string;
	sigmas?: number[];
	loras?: Array<{ name: string; path: string; strength: number }>;
	profile?: string;
	gpus?: number;
}

export interface GenerateMessage {
	type: 'generate';
	id: string;
	model: WorkerModel;
	request: Record<string, unknown>;
	output: string;
}
