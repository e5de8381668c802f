/**
 * The request of the local executor: OpenAI Videos (`POST /v1/videos`, JSON) and the extensions that let every
 * documented field of the paid providers run on one's own GPU. Which model honours which extension is the
 * executor's to say: it answers with `warnings`, or refuses with 400 where `strict` is on.
 */
import { z } from 'zod/v4';
import { fieldMeta } from '../schema/fields';
import { STYLE_LABELS, STYLES } from '../aimlapi/styles';
import { SCHEDULERS } from '../stableDiffusionApi/schedulers';

const MAX_SEED = 2 ** 32 - 1;

export const request = z.strictObject({
	prompt: z.string().min(1).max(32000).register(fieldMeta, {
		title: 'Prompt',
		help: 'What the video should show.',
		multiline: true,
		placeholder: 'e.g. A paper boat drifting down a rainy street, cinematic',
	}),
	model: z
		.string()
		.min(1)
		.max(128)
		.register(fieldMeta, {
			title: 'Model',
			help: 'Which of the models on the machine makes the video. Leave empty for the default one.',
			search: 'model',
			placeholder: 'e.g. preview',
		})
		.optional(),
	input_reference: z
		.string()
		.min(1)
		.register(fieldMeta, {
			title: 'Start Image',
			help: 'Picture that the video begins with, for models that make videos from a picture.',
			wire: 'input_reference.image_url',
			media: {
				kind: 'image',
				accepts: ['url', 'data-uri'],
				formats: ['png', 'jpg', 'jpeg', 'webp'],
				maxMegabytes: 16,
				minShortSide: 16,
			},
		})
		.optional(),
	size: z
		.string()
		.regex(/^[1-9]\d{1,3}x[1-9]\d{1,3}$/)
		.register(fieldMeta, {
			title: 'Size',
			help: 'Width x height in pixels.',
			placeholder: '832x480',
			form: 'width x height, each from 10 to 9999 pixels',
			default: '512x512',
		})
		.optional(),
	seconds: z
		.number()
		.min(0.1)
		.max(600)
		.register(fieldMeta, {
			title: 'Seconds',
			help: 'Length of the video. Not used where Number of Frames is given.',
			as: 'string',
			default: 4,
		})
		.optional(),
	fps: z
		.int()
		.min(1)
		.max(60)
		.register(fieldMeta, {
			title: 'Frames per Second',
			help: 'How many pictures a second the video has.',
			default: 8,
		})
		.optional(),
	num_frames: z
		.int()
		.min(1)
		.max(2000)
		.register(fieldMeta, {
			title: 'Number of Frames',
			help: 'Exact length in pictures. Goes before Seconds.',
			initial: 32,
		})
		.optional(),
	negative_prompt: z
		.string()
		.min(1)
		.max(32000)
		.register(fieldMeta, {
			title: 'Negative Prompt',
			help: 'What the video should not show.',
			multiline: true,
		})
		.optional(),
	num_inference_steps: z
		.int()
		.min(1)
		.max(200)
		.register(fieldMeta, {
			title: 'Number of Inference Steps',
			help: 'More steps take longer and often look better.',
			initial: 25,
		})
		.optional(),
	guidance_scale: z
		.number()
		.min(0)
		.max(30)
		.register(fieldMeta, {
			title: 'Guidance Scale',
			help: 'How closely the video follows the prompt.',
			initial: 7.5,
		})
		.optional(),
	seed: z
		.int()
		.min(-1)
		.max(MAX_SEED)
		.register(fieldMeta, {
			title: 'Seed',
			help: 'The same seed with the same settings gives the same video. -1 picks one at random.',
			default: -1,
		})
		.optional(),
	scheduler: z
		.enum(SCHEDULERS)
		.register(fieldMeta, {
			title: 'Scheduler',
			help: 'The sampling method. Not every model can use every one.',
			initial: 'DDIMScheduler',
		})
		.optional(),
	prompts: z
		.array(
			z.strictObject({
				prompt: z.string().min(1).max(1024).register(fieldMeta, {
					title: 'Prompt',
					help: 'What this part of the video shows.',
					multiline: true,
				}),
				frames: z.int().min(1).max(256).register(fieldMeta, {
					title: 'Frames',
					help: 'How many pictures this part has.',
					initial: 16,
				}),
			}),
		)
		.min(1)
		.max(16)
		.register(fieldMeta, {
			title: 'Prompt Segments',
			help: 'Several prompts one after another in one video. They go before Prompt and Number of Frames.',
			itemTitle: 'Segment',
		})
		.optional(),
	loras: z
		.array(
			z.strictObject({
				model_name: z.string().min(1).max(128).register(fieldMeta, {
					title: 'LoRA Name',
					help: 'A LoRA on the machine.',
					search: 'lora',
				}),
				strength: z.number().min(0).max(1).register(fieldMeta, {
					title: 'Strength',
					help: 'How much it changes the video.',
					initial: 0.8,
				}),
			}),
		)
		.max(5)
		.register(fieldMeta, {
			title: 'LoRAs',
			help: 'Small add-on models that change style or subject. At most 5.',
			itemTitle: 'LoRA',
		})
		.optional(),
	embeddings: z
		.array(
			z.strictObject({
				model_name: z.string().min(1).max(128).register(fieldMeta, {
					title: 'Embedding Name',
					help: 'A textual inversion on the machine. Use its name in a prompt.',
					search: 'textualinversion',
				}),
			}),
		)
		.max(5)
		.register(fieldMeta, {
			title: 'Embeddings',
			help: 'Textual inversions that can be named in the prompts. At most 5.',
			itemTitle: 'Embedding',
		})
		.optional(),
	closed_loop: z
		.boolean()
		.register(fieldMeta, {
			title: 'Closed Loop',
			help: 'Whether the last picture leads back to the first, so that the video loops.',
			default: false,
		})
		.optional(),
	clip_skip: z
		.int()
		.min(1)
		.max(12)
		.register(fieldMeta, {
			title: 'CLIP Skip',
			help: 'How many of the last text encoder layers are left out (Stable Diffusion 1.x models).',
			initial: 1,
		})
		.optional(),
	enhance_prompt: z
		.boolean()
		.register(fieldMeta, {
			title: 'Enhance Prompt',
			help: 'Whether to add words for a better picture to the prompt.',
			default: false,
		})
		.optional(),
	aspect_ratio: z
		.enum(['16:9', '4:3', '1:1', '3:4', '9:16'])
		.register(fieldMeta, {
			title: 'Aspect Ratio',
			help: 'Shape of the picture, together with Resolution. Not used where Size is given.',
			initial: '16:9',
		})
		.optional(),
	resolution: z
		.enum(['360p', '540p', '720p', '1080p'])
		.register(fieldMeta, {
			title: 'Resolution',
			help: 'Length of the short side, together with Aspect Ratio. Not used where Size is given.',
			initial: '360p',
		})
		.optional(),
	style: z
		.enum(STYLES)
		.register(fieldMeta, {
			title: 'Style',
			help: 'Adds words for this look to the prompt.',
			initial: 'anime',
			labels: STYLE_LABELS,
		})
		.optional(),
	output_format: z
		.enum(['mp4', 'gif'])
		.register(fieldMeta, { title: 'Output Format', help: 'Kind of file.', default: 'mp4' })
		.optional(),
	strict: z
		.boolean()
		.register(fieldMeta, {
			title: 'Strict',
			help: 'Whether to refuse the job where the model can not honour a field, instead of a warning.',
			default: false,
			advanced: true,
		})
		.optional(),
	webhook_url: z
		.url({ protocol: /^https?$/ })
		.max(2048)
		.register(fieldMeta, {
			title: 'Webhook URL',
			help: 'Gets a signed message when the video is done or failed.',
			wire: 'webhook.url',
			role: 'callback',
			placeholder: 'e.g. http://localhost:5678/webhook/…',
		})
		.optional(),
	track_id: z
		.string()
		.min(1)
		.max(256)
		.register(fieldMeta, {
			title: 'Tracking ID',
			help: 'Your own word for this job. It comes back with the job and in the webhook message.',
			role: 'tracking',
		})
		.optional(),
});
