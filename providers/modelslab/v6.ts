/** ModelsLab v6 (the document: ModelsLab API reference, "Video API", Text to Video). */
import { z } from 'zod/v4';
import { fieldMeta } from '../schema/fields';
import { negativePrompt, prompt, seed, trackId, webhook } from '../stableDiffusionApi/fields';
import { count, guidanceScale, modelId, temp } from './fields';

/** `POST /api/v6/video/text2video`. */
export const v6Request = z.strictObject({
	model_id: modelId('e.g. cogvideox or wan2.2', 'cogvideox'),
	prompt,
	negative_prompt: negativePrompt,
	seed,
	height: count({ title: 'Height', help: 'In pixels.', default: 512 }, 512),
	width: count({ title: 'Width', help: 'In pixels.', default: 512 }, 512),
	num_frames: count(
		{
			title: 'Number of Frames',
			help: 'How many pictures the video has.',
			default: 25,
		},
		25,
	),
	num_inference_steps: count(
		{
			title: 'Number of Inference Steps',
			help: 'Denoising steps: more take longer and often look better.',
			default: 20,
		},
		50,
	),
	guidance_scale: guidanceScale({ default: 7 }),
	clip_skip: count(
		{
			title: 'CLIP Skip',
			help: 'How many of the last text encoder layers are left out.',
			initial: 1,
		},
		2,
	),
	upscale_height: count(
		{
			title: 'Upscale Height',
			help: 'Height after enlarging, in pixels.',
			default: 640,
		},
		1024,
	),
	upscale_width: count(
		{
			title: 'Upscale Width',
			help: 'Width after enlarging, in pixels.',
			default: 1024,
		},
		1024,
	),
	upscale_strength: z
		.number()
		.min(0)
		.max(1)
		.register(fieldMeta, {
			title: 'Upscale Strength',
			help: 'How much the enlarging may change the picture.',
			default: 0.6,
		})
		.optional(),
	// The document gives 0–8 and in the same row a default of 12; what it allows is what can be sent.
	upscale_guidance_scale: z
		.number()
		.min(0)
		.max(8)
		.register(fieldMeta, {
			title: 'Upscale Guidance Scale',
			help: 'How closely the enlarged video follows the prompt. The provider uses 12 where this is left out.',
			initial: 8,
		})
		.optional(),
	upscale_num_inference_steps: count(
		{
			title: 'Upscale Number of Inference Steps',
			help: 'Denoising steps of the enlarging.',
			default: 20,
		},
		50,
	),
	use_improved_sampling: z
		.boolean()
		.register(fieldMeta, {
			title: 'Use Improved Sampling',
			help: 'Whether to make the motion steadier from picture to picture.',
			default: false,
		})
		.optional(),
	improved_sampling_seed: z
		.int()
		.min(0)
		.register(fieldMeta, {
			title: 'Improved Sampling Seed',
			help: 'Seed of the improved sampling.',
			initial: 42,
		})
		.optional(),
	fps: count(
		{
			title: 'Frames per Second',
			help: 'How many pictures a second the video has.',
			initial: 7,
		},
		16,
	),
	// The API's own default is an animated GIF, which surprises: the field is always sent.
	output_type: z
		.enum(['mp4', 'gif'])
		.register(fieldMeta, {
			title: 'Output Type',
			help: 'Kind of file.',
			default: 'mp4',
			always: true,
		})
		.optional(),
	instant_response: z
		.boolean()
		.register(fieldMeta, {
			title: 'Instant Response',
			help: 'Whether the provider answers at once with the address that the file will have.',
			default: false,
		})
		.optional(),
	temp,
	webhook,
	track_id: trackId,
});
