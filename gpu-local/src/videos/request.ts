import type { RequestValues } from '../../../providers/contract';
import type { ModelInfo, OptionalField, PictureFacts, VideoRequest } from '../engines/engine.ts';
import { ApiError } from './errors.ts';
import type { Limits } from './limits.ts';
import { decorate } from './prompt.ts';

const DEFAULTS = { width: 512, height: 512, fps: 8, seconds: 4, steps: 25 };
const RESOLUTION_PIXELS: Record<string, number> = {
	'360p': 360,
	'540p': 540,
	'720p': 720,
	'1080p': 1080,
};

export interface Completed {
	request: VideoRequest;
	/** For people: what was changed, and why. */
	warnings: string[];
	/** Pixels × frames × steps. */
	work: number;
}

/**
 * Makes a complete request for a model from the field values of the Local GPU provider: fills in what
 * was left out, fits size and length to the model, and warns of what it cannot honour, or refuses
 * that where `strict` is on.
 *
 * @param randomSeed used where the request gives none or −1; 0 … 2^32 − 1
 * @param picture what the video begins with
 */
export function completeRequest(
	values: RequestValues,
	model: ModelInfo,
	limits: Limits,
	randomSeed: number,
	picture?: PictureFacts,
): Completed {
	const warnings: string[] = [];
	const strict = values.strict === true;
	const change = (field: string, message: string): void => {
		if (strict) throw new ApiError(400, 'unsupported_field', message, { field });
		warnings.push(message);
	};

	const size = fitSize(sizeOf(values, model, picture), model, change);
	const fps = number(values.fps) ?? model.defaults?.fps ?? DEFAULTS.fps;
	const segments = segmentsOf(values);
	const frames = fitFrames(framesOf(values, segments, fps, model), model, change);
	const steps = number(values.num_inference_steps) ?? model.defaults?.num_inference_steps;
	const guidance = number(values.guidance_scale) ?? model.defaults?.guidance_scale;
	const seed = number(values.seed) ?? -1;
	const words = { enhance: values.enhance_prompt === true, style: text(values.style) };
	const prompts = segments && fitSegments(segments, frames);

	const request: VideoRequest = {
		model: model.id,
		prompt: decorate(prompts?.[0]?.prompt ?? text(values.prompt) ?? '', words),
		...size,
		fps,
		num_frames: frames,
		seed: seed === -1 ? randomSeed : seed,
		output_format: values.output_format === 'gif' ? 'gif' : 'mp4',
		strict,
	};
	if (steps !== undefined) request.num_inference_steps = steps;
	if (guidance !== undefined) request.guidance_scale = guidance;
	copy(values, request);
	if (picture) request.input_reference = picture;
	if (prompts) {
		request.prompts = prompts.map((segment) => ({
			...segment,
			prompt: decorate(segment.prompt, words),
		}));
	}
	honour(values, request, model, change);
	checkSteps(request, model);
	const work = checkLimits(request, limits);
	return { request, warnings, work };
}

type Change = (field: string, message: string) => void;

/** Where no size is asked for, a video from a picture has the picture's shape and the model's usual area. */
function sizeOf(
	values: RequestValues,
	model: ModelInfo,
	picture: PictureFacts | undefined,
): { width: number; height: number } {
	const asked = /^(\d+)x(\d+)$/.exec(text(values.size) ?? '');
	if (asked) return { width: Number(asked[1]), height: Number(asked[2]) };
	const short = RESOLUTION_PIXELS[text(values.resolution) ?? ''];
	const ratio = text(values.aspect_ratio);
	const width = model.defaults?.width ?? DEFAULTS.width;
	const height = model.defaults?.height ?? DEFAULTS.height;
	if (short === undefined && ratio === undefined) {
		if (!picture) return { width, height };
		const scale = Math.sqrt((width * height) / (picture.width * picture.height));
		return { width: even(picture.width * scale), height: even(picture.height * scale) };
	}
	const [across, down] = (ratio ?? '16:9').split(':').map(Number) as [number, number];
	const shortSide = short ?? Math.min(width, height);
	const scale = shortSide / Math.min(across, down);
	return { width: even(across * scale), height: even(down * scale) };
}

const even = (value: number): number => Math.round(value / 2) * 2;

function fitSize(
	size: { width: number; height: number },
	model: ModelInfo,
	change: Change,
): { width: number; height: number } {
	const multiple = model.sizeMultiple ?? 1;
	const fit = (pixels: number) => Math.max(multiple, Math.floor(pixels / multiple) * multiple);
	const fitted = { width: fit(size.width), height: fit(size.height) };
	if (fitted.width !== size.width || fitted.height !== size.height) {
		change(
			'size',
			`The size ${size.width}x${size.height} became ${fitted.width}x${fitted.height}: the model "${model.id}" makes multiples of ${multiple} pixels.`,
		);
	}
	return fitted;
}

interface Segment {
	prompt: string;
	frames: number;
}

function segmentsOf(values: RequestValues): Segment[] | undefined {
	if (!Array.isArray(values.prompts) || values.prompts.length === 0) return undefined;
	return values.prompts as unknown as Segment[];
}

function framesOf(
	values: RequestValues,
	segments: Segment[] | undefined,
	fps: number,
	model: ModelInfo,
): number {
	if (segments) return segments.reduce((sum, { frames }) => sum + frames, 0);
	const frames = number(values.num_frames);
	if (frames !== undefined) return frames;
	const seconds = number(values.seconds);
	if (seconds !== undefined) return Math.max(1, Math.round(seconds * fps));
	return model.defaults?.num_frames ?? Math.round(DEFAULTS.seconds * fps);
}

function fitFrames(asked: number, model: ModelInfo, change: Change): number {
	const rule = model.frameRule;
	if (!rule) return asked;
	const least = Math.max(rule.min ?? 1, rule.plus);
	const most = rule.max ?? Number.MAX_SAFE_INTEGER;
	const within = Math.min(Math.max(asked, least), most);
	let fitted = Math.floor((within - rule.plus) / rule.multiple) * rule.multiple + rule.plus;
	if (fitted < least) fitted += rule.multiple;
	if (fitted !== asked) {
		change(
			'num_frames',
			`${asked} frames became ${fitted}: the model "${model.id}" makes ${rule.multiple > 1 ? `multiples of ${rule.multiple}${rule.plus ? ` plus ${rule.plus}` : ''}` : 'frames'}${rule.min === undefined ? '' : ` from ${rule.min}`}${rule.max === undefined ? '' : ` up to ${rule.max}`}.`,
		);
	}
	return fitted;
}

/** The parts' frames add up to the clip's: the last part takes what rounding changed. */
function fitSegments(segments: Segment[], frames: number): Segment[] {
	const fitted: Segment[] = [];
	let left = frames;
	segments.forEach((segment, index) => {
		const last = index === segments.length - 1;
		const share = last ? left : Math.min(segment.frames, left);
		if (share > 0) fitted.push({ prompt: segment.prompt, frames: share });
		left -= share;
	});
	return fitted;
}

function copy(values: RequestValues, request: VideoRequest): void {
	const negative = text(values.negative_prompt);
	if (negative !== undefined) request.negative_prompt = negative;
	const scheduler = text(values.scheduler);
	if (scheduler !== undefined) request.scheduler = scheduler;
	if (Array.isArray(values.loras) && values.loras.length > 0) {
		request.loras = values.loras as unknown as NonNullable<VideoRequest['loras']>;
	}
	if (Array.isArray(values.embeddings) && values.embeddings.length > 0) {
		request.embeddings = values.embeddings as unknown as NonNullable<VideoRequest['embeddings']>;
	}
	if (values.closed_loop === true) request.closed_loop = true;
	const clipSkip = number(values.clip_skip);
	if (clipSkip !== undefined) request.clip_skip = clipSkip;
	const strength = number(values.strength);
	if (strength !== undefined) request.strength = strength;
	const style = text(values.style);
	if (style !== undefined) request.style = style;
}

/** Fields that only the words of the prompt carry, or that the server itself takes care of. */
const SERVER_FIELDS: ReadonlySet<OptionalField> = new Set(['style']);

function honour(
	values: RequestValues,
	request: VideoRequest,
	model: ModelInfo,
	change: Change,
): void {
	for (const field of OPTIONAL_FIELDS) {
		if (values[field] === undefined || request[field] === undefined) continue;
		if (SERVER_FIELDS.has(field) || !model.supports || model.supports.includes(field)) continue;
		change(field, `The model "${model.id}" has no use for the field ${field}; it was not used.`);
		delete request[field];
	}
	const { scheduler } = request;
	if (scheduler !== undefined && model.schedulers && !model.schedulers.includes(scheduler)) {
		change(
			'scheduler',
			`The model "${model.id}" cannot use ${scheduler}; its own scheduler was used. It can use: ${model.schedulers.join(', ') || 'only its own'}.`,
		);
		delete request.scheduler;
	}
}

const OPTIONAL_FIELDS: readonly OptionalField[] = [
	'negative_prompt',
	'num_inference_steps',
	'guidance_scale',
	'scheduler',
	'prompts',
	'loras',
	'embeddings',
	'closed_loop',
	'clip_skip',
	'strength',
	'style',
];

function checkSteps(request: VideoRequest, { id, minSteps }: ModelInfo): void {
	const steps = request.num_inference_steps;
	if (!minSteps || steps === undefined) return;
	const scheduler = request.scheduler ?? minSteps.own;
	const withScheduler = (scheduler && minSteps.schedulers[scheduler]) || 1;
	const least = Math.max(minSteps.least, withScheduler);
	if (steps >= least) return;
	const used = withScheduler > minSteps.least ? ` with ${scheduler}` : '';
	throw new ApiError(
		400,
		'invalid_request',
		`The field num_inference_steps is ${steps}, but the model "${id}" needs at least ${least} steps${used}.`,
		{ field: 'num_inference_steps' },
	);
}

/** Fields of a request that a model with these has no use for. */
export const unsupportedFields = (supports: readonly OptionalField[]): OptionalField[] =>
	[...OPTIONAL_FIELDS, 'input_reference' as const].filter(
		(field) => !SERVER_FIELDS.has(field) && !supports.includes(field),
	);

function checkLimits(request: VideoRequest, limits: Limits): number {
	const pixels = request.width * request.height;
	const steps = request.num_inference_steps ?? DEFAULTS.steps;
	const work = pixels * request.num_frames * steps;
	const refuse = (field: string, message: string): never => {
		throw new ApiError(400, 'invalid_request', message, { field });
	};
	if (pixels > limits.maxPixels) {
		refuse(
			'size',
			`The size ${request.width}x${request.height} has ${pixels} pixels; this server makes at most ${limits.maxPixels}. Choose a smaller size.`,
		);
	}
	if (request.num_frames > limits.maxFrames) {
		refuse(
			'num_frames',
			`${request.num_frames} frames are more than the ${limits.maxFrames} that this server makes. Choose a shorter video.`,
		);
	}
	if (work > limits.maxWork) {
		refuse(
			'num_frames',
			`${request.width}x${request.height} pixels, ${request.num_frames} frames and ${steps} steps together are more than one job may ask of this server. Make one of them smaller.`,
		);
	}
	return work;
}

const number = (value: unknown): number | undefined =>
	typeof value === 'number' ? value : undefined;

const text = (value: unknown): string | undefined =>
	typeof value === 'string' && value !== '' ? value : undefined;
