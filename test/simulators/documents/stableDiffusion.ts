/**
 * Stable Diffusion API v5, v4 and Enterprise v1, and ModelsLab v6, from their pages. The older ones take sizes and steps
 * as text and yes or no as words; null stands for "none" where a page shows it.
 */
import type { Document, Member } from './check';

const needed = (member: Member): Member => ({ ...member, required: true });
const orNull = (member: Member): Member => ({ ...member, orNull: true });
const oneOf = (...values: string[]): Member => ({ type: 'string', enum: values });
const whole = (minimum: number, maximum: number): Member => ({ type: 'integer', minimum, maximum });
const number = (minimum: number, maximum: number): Member => ({ type: 'number', minimum, maximum });
/** A whole number in quotes. */
const digits = (minimum: number, maximum: number): Member => ({ digits: true, minimum, maximum });
const text: Member = { type: 'string' };
const filled: Member = { type: 'string', minLength: 1 };
const flag: Member = { type: 'boolean' };
const seed = orNull(whole(0, 2 ** 32 - 1));

const scheduler = oneOf(
	'DDPMScheduler',
	'DDIMScheduler',
	'PNDMScheduler',
	'LMSDiscreteScheduler',
	'EulerDiscreteScheduler',
	'EulerAncestralDiscreteScheduler',
	'DPMSolverMultistepScheduler',
	'HeunDiscreteScheduler',
	'KDPM2DiscreteScheduler',
	'DPMSolverSinglestepScheduler',
	'KDPM2AncestralDiscreteScheduler',
	'UniPCMultistepScheduler',
	'DDIMInverseScheduler',
	'DEISMultistepScheduler',
	'IPNDMScheduler',
	'KarrasVeScheduler',
	'ScoreSdeVeScheduler',
	'LCMScheduler',
);

const v5: Document = {
	key: needed(filled),
	prompt: needed(filled),
	negative_prompt: text,
	scheduler,
	// No range is given.
	seconds: { type: 'integer', minimum: 1 },
};

const v4: Document = {
	key: needed(filled),
	model_id: needed(filled),
	prompt: needed(filled),
	negative_prompt: orNull(text),
	width: digits(1, 1024),
	height: digits(1, 1024),
	scheduler: orNull(scheduler),
	num_inference_steps: digits(1, 50),
	enhance_prompt: oneOf('yes', 'no'),
	guidance_scale: number(1, 20),
	strength: number(0, 1),
	seed,
	webhook: orNull(text),
	track_id: orNull(text),
};

const v6: Document = {
	key: needed(filled),
	model_id: needed(filled),
	prompt: needed(filled),
	negative_prompt: text,
	seed,
	height: whole(1, 512),
	width: whole(1, 512),
	num_frames: whole(1, 25),
	num_inference_steps: whole(1, 50),
	guidance_scale: number(0, 8),
	clip_skip: orNull(whole(0, 2)),
	upscale_height: whole(1, 1024),
	upscale_width: whole(1, 1024),
	upscale_strength: number(0, 1),
	// The page allows 0 to 8 and gives 12 as what is used.
	upscale_guidance_scale: number(0, 12),
	upscale_num_inference_steps: whole(1, 50),
	use_improved_sampling: flag,
	improved_sampling_seed: whole(0, 2 ** 32 - 1),
	fps: whole(1, 16),
	output_type: oneOf('mp4', 'gif'),
	instant_response: flag,
	temp: flag,
	webhook: text,
	track_id: text,
};

const v6Ultra: Document = {
	key: needed(filled),
	model_id: needed(filled),
	prompt: needed(filled),
	negative_prompt: text,
	seed,
	resolution: whole(1, 480),
	num_frames: { type: 'integer', minimum: 1 },
	num_inference_steps: whole(1, 30),
	guidance_scale: number(0, 8),
	// At most 16, and 18 in the page's own sample.
	fps: whole(1, 18),
	portrait: flag,
	// Spelt in both ways on one page.
	sample_shift: whole(0, 10),
	shift_sample: whole(0, 10),
	temp: flag,
	webhook: text,
	track_id: text,
};

/** By path. */
export const endpoints: Record<string, Document> = {
	'/api/v5/text2video': v5,
	'/api/v4/dreambooth/text2video': v4,
	'/api/v1/enterprise/text2video': { ...v4, loadbalancer: oneOf('yes', 'no') },
	'/api/v6/video/text2video': v6,
	'/api/v6/video/text2video_ultra': v6Ultra,
};
