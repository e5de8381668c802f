/** Requests of ModelsLab's video endpoints (the documents: ModelsLab API reference, "Video API"). */
import { z } from 'zod/v4';
import { extraParameters } from '../extraParameters';
import { words } from '../fields';
import { negativePrompt, prompt, seed, trackId, webhook } from '../stableDiffusionApi/fields';

const temp = z
	.boolean()
	.meta(
		words({
			title: 'Temporary File',
			help: 'Whether the provider deletes the file after 24 hours.',
			default: false,
		}),
	)
	.optional();

const portrait = z
	.boolean()
	.meta(
		words({
			title: 'Portrait',
			help: 'Whether the video is upright (9:16).',
			initial: false,
		}),
	)
	.optional();

const guidanceScale = z
	.number()
	.min(0)
	.max(8)
	.meta(
		words({
			title: 'Guidance Scale',
			help: 'How closely the video follows the prompt.',
			default: 7,
		}),
	)
	.optional();

/** Documents of several years name different models, and an unknown name is replaced in silence: so it stays free text. */
const modelId = (placeholder: string, initial: string) =>
	z
		.string()
		.min(1)
		.meta(
			words({
				title: 'Model ID',
				help: 'A text-to-video model of the provider. The job tells which one was really used.',
				placeholder,
				initial,
			}),
		);

/** `POST /api/v6/video/text2video`. */
export const v6Request = z.strictObject({
	model_id: modelId('e.g. cogvideox or wan2.2', 'cogvideox'),
	prompt,
	negative_prompt: negativePrompt,
	seed,
	height: z
		.int()
		.min(1)
		.max(512)
		.meta(words({ title: 'Height', help: 'In pixels.', default: 512 }))
		.optional(),
	width: z
		.int()
		.min(1)
		.max(512)
		.meta(words({ title: 'Width', help: 'In pixels.', default: 512 }))
		.optional(),
	num_frames: z
		.int()
		.min(1)
		.max(25)
		.meta(
			words({
				title: 'Number of Frames',
				help: 'How many pictures the video has.',
				default: 25,
			}),
		)
		.optional(),
	num_inference_steps: z
		.int()
		.min(1)
		.max(50)
		.meta(
			words({
				title: 'Number of Inference Steps',
				help: 'Denoising steps: more take longer and often look better.',
				default: 20,
			}),
		)
		.optional(),
	guidance_scale: guidanceScale,
	clip_skip: z
		.int()
		.min(1)
		.max(2)
		.meta(
			words({
				title: 'CLIP Skip',
				help: 'How many of the last text encoder layers are left out.',
				initial: 1,
			}),
		)
		.optional(),
	upscale_height: z
		.int()
		.min(1)
		.max(1024)
		.meta(
			words({
				title: 'Upscale Height',
				help: 'Height after enlarging, in pixels.',
				default: 640,
			}),
		)
		.optional(),
	upscale_width: z
		.int()
		.min(1)
		.max(1024)
		.meta(
			words({
				title: 'Upscale Width',
				help: 'Width after enlarging, in pixels.',
				default: 1024,
			}),
		)
		.optional(),
	upscale_strength: z
		.number()
		.min(0)
		.max(1)
		.meta(
			words({
				title: 'Upscale Strength',
				help: 'How much the enlarging may change the picture.',
				default: 0.6,
			}),
		)
		.optional(),
	// The document gives 0–8 and in the same row a default of 12; what it allows is what can be sent.
	upscale_guidance_scale: z
		.number()
		.min(0)
		.max(8)
		.meta(
			words({
				title: 'Upscale Guidance Scale',
				help: 'How closely the enlarged video follows the prompt. The provider uses 12 where this is left out.',
				initial: 8,
			}),
		)
		.optional(),
	upscale_num_inference_steps: z
		.int()
		.min(1)
		.max(50)
		.meta(
			words({
				title: 'Upscale Number of Inference Steps',
				help: 'Denoising steps of the enlarging.',
				default: 20,
			}),
		)
		.optional(),
	use_improved_sampling: z
		.boolean()
		.meta(
			words({
				title: 'Use Improved Sampling',
				help: 'Whether to make the motion steadier from picture to picture.',
				default: false,
			}),
		)
		.optional(),
	improved_sampling_seed: z
		.int()
		.min(0)
		.meta(
			words({
				title: 'Improved Sampling Seed',
				help: 'Seed of the improved sampling.',
				initial: 42,
			}),
		)
		.optional(),
	fps: z
		.int()
		.min(1)
		.max(16)
		.meta(
			words({
				title: 'Frames per Second',
				help: 'How many pictures a second the video has.',
				initial: 7,
			}),
		)
		.optional(),
	// The API's own default is an animated GIF, which surprises: the field is always sent.
	output_type: z
		.enum(['mp4', 'gif'])
		.meta(words({ title: 'Output Type', help: 'Kind of file.', default: 'mp4', always: true }))
		.optional(),
	instant_response: z
		.boolean()
		.meta(
			words({
				title: 'Instant Response',
				help: 'Whether the provider answers at once with the address that the file will have.',
				default: false,
			}),
		)
		.optional(),
	temp,
	webhook,
	track_id: trackId,
});

/** `POST /api/v6/video/text2video_ultra`. One sample spells `sample_shift` the other way round; the table decides. */
export const v6UltraRequest = z.strictObject({
	model_id: modelId('e.g. wan2.2 or ltx-2.3', 'wan2.2'),
	prompt,
	negative_prompt: negativePrompt,
	seed,
	resolution: z
		.int()
		.min(1)
		.max(480)
		.meta(words({ title: 'Resolution', help: 'Short side in pixels.', initial: 480 }))
		.optional(),
	num_frames: z
		.int()
		.min(1)
		.meta(
			words({
				title: 'Number of Frames',
				help: 'How many pictures the video has.',
				default: 81,
			}),
		)
		.optional(),
	num_inference_steps: z
		.int()
		.min(1)
		.max(30)
		.meta(
			words({
				title: 'Number of Inference Steps',
				help: 'Denoising steps: more take longer and often look better.',
				default: 25,
			}),
		)
		.optional(),
	guidance_scale: z
		.number()
		.min(0)
		.max(8)
		.meta(
			words({
				title: 'Guidance Scale',
				help: 'How closely the video follows the prompt.',
				initial: 1,
			}),
		)
		.optional(),
	// The table says at most 16, its own sample sends 18.
	fps: z
		.int()
		.min(1)
		.max(18)
		.meta(
			words({
				title: 'Frames per Second',
				help: 'How many pictures a second the video has. 16 is the documented limit, 18 is in the documented example.',
				initial: 16,
			}),
		)
		.optional(),
	portrait,
	sample_shift: z
		.int()
		.min(0)
		.max(10)
		.meta(
			words({
				title: 'Sample Shift',
				help: 'Moves the denoising towards the beginning: higher values give more motion.',
				default: 5,
			}),
		)
		.optional(),
	temp,
	webhook,
	track_id: trackId,
});

/**
 * `POST /api/v7/video-fusion/text-to-video`. Every model takes other fields and no page gives all ranges: these are
 * the fields seen in the guide and the model pages, the rest goes into the extra parameters.
 */
export const v7Request = z.strictObject({
	model_id: modelId('e.g. seedance-t2v, wan2.6-t2v or veo3', 'seedance-t2v'),
	prompt,
	negative_prompt: negativePrompt,
	seed,
	width: z
		.int()
		.min(512)
		.max(1024)
		.meta(words({ title: 'Width', help: 'In pixels.', initial: 1024 }))
		.optional(),
	height: z
		.int()
		.min(512)
		.max(1024)
		.meta(words({ title: 'Height', help: 'In pixels.', initial: 576 }))
		.optional(),
	aspect_ratio: z
		.enum(['16:9', '9:16'])
		.meta(words({ title: 'Aspect Ratio', help: 'Shape of the picture.', initial: '16:9' }))
		.optional(),
	resolution: z
		.string()
		.min(1)
		.meta(
			words({
				title: 'Resolution',
				help: 'As the model spells it: some want 720, some 720p.',
				placeholder: 'e.g. 720p',
				initial: '720p',
			}),
		)
		.optional(),
	duration: z
		.int()
		.min(1)
		.meta(words({ title: 'Duration', help: 'In seconds.', as: 'string', initial: 5 }))
		.optional(),
	fps: z
		.int()
		.min(1)
		.meta(
			words({
				title: 'Frames per Second',
				help: 'How many pictures a second the video has.',
				initial: 24,
			}),
		)
		.optional(),
	portrait,
	camera_fixed: z
		.boolean()
		.meta(
			words({ title: 'Camera Fixed', help: 'Whether the camera stands still.', initial: false }),
		)
		.optional(),
	enhance_prompt: z
		.boolean()
		.meta(
			words({
				title: 'Enhance Prompt',
				help: 'Whether the provider may rewrite the prompt for a better picture.',
				initial: true,
			}),
		)
		.optional(),
	generate_audio: z
		.boolean()
		.meta(words({ title: 'Generate Audio', help: 'Whether the video gets sound.', initial: true }))
		.optional(),
	init_audio: z
		.url({ protocol: /^https?$/ })
		.max(2048)
		.meta(
			words({
				title: 'Audio URL',
				help: 'A sound file that the video should go with.',
				placeholder: 'e.g. https://example.com/voice.mp3',
			}),
		)
		.optional(),
	webhook,
	track_id: trackId,
	extra_parameters: extraParameters,
});
