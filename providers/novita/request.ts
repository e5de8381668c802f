/**
 * Novita AI `POST /v3/async/txt2video`, every field of its document in its order (the document: Novita API reference,
 * "Text to Video", and "Webhook" for `extra.webhook`).
 */
import { z } from 'zod/v4';
import { fieldMeta } from '../schema/fields';

export const MAX_TOTAL_FRAMES = 128;

const promptText = () => z.string().min(1).max(1024);

export const request = z.strictObject({
	response_video_type: z
		.enum(['mp4', 'gif'])
		.register(fieldMeta, {
			title: 'Response Video Type',
			help: 'Kind of file.',
			wire: 'extra.response_video_type',
			default: 'mp4',
		})
		.optional(),
	webhook_url: z
		.url({ protocol: /^https?$/ })
		.max(2048)
		.register(fieldMeta, {
			title: 'Webhook URL',
			help: 'Novita posts the result to this public address when the video is done.',
			wire: 'extra.webhook.url',
			role: 'callback',
			placeholder: 'e.g. https://n8n.example.com/webhook/…',
		})
		.optional(),
	test_mode_enabled: z
		.boolean()
		.register(fieldMeta, {
			title: 'Webhook Test Mode',
			help: 'Whether Novita sends a mock event to the webhook.',
			wire: 'extra.webhook.test_mode.enabled',
			default: false,
			advanced: true,
		})
		.optional(),
	test_mode_return_task_status: z
		.enum(['TASK_STATUS_SUCCEED', 'TASK_STATUS_FAILED'])
		.register(fieldMeta, {
			title: 'Webhook Test Mode Result',
			help: 'Whether the mock event tells of a success or of a failure.',
			wire: 'extra.webhook.test_mode.return_task_status',
			initial: 'TASK_STATUS_SUCCEED',
			labels: { TASK_STATUS_SUCCEED: 'Succeeded', TASK_STATUS_FAILED: 'Failed' },
			advanced: true,
		})
		.optional(),
	enterprise_plan_enabled: z
		.boolean()
		.register(fieldMeta, {
			title: 'Enterprise Plan',
			help: 'Whether to use the dedicated endpoints that your account has subscribed to.',
			wire: 'extra.enterprise_plan.enabled',
			default: false,
			advanced: true,
		})
		.optional(),
	model_name: z.string().min(1).register(fieldMeta, {
		title: 'Model Name',
		help: 'A Stable Diffusion 1.x checkpoint of Novita.',
		search: 'checkpoint',
		placeholder: 'e.g. darkSushiMixMix_225D_64380.safetensors',
		initial: 'darkSushiMixMix_225D_64380.safetensors',
	}),
	height: z
		.int()
		.min(256)
		.max(1024)
		.register(fieldMeta, { title: 'Height', help: 'In pixels.', initial: 512 }),
	width: z
		.int()
		.min(256)
		.max(1024)
		.register(fieldMeta, { title: 'Width', help: 'In pixels.', initial: 512 }),
	steps: z.int().min(1).max(50).register(fieldMeta, {
		title: 'Steps',
		help: 'Denoising steps: more take longer and often look better.',
		initial: 20,
	}),
	prompts: z
		.array(
			z.strictObject({
				frames: z.int().min(8).max(64).register(fieldMeta, {
					title: 'Frames',
					help: 'How many pictures this part has.',
					initial: 32,
				}),
				prompt: promptText().register(fieldMeta, {
					title: 'Prompt',
					help: 'What this part of the video shows.',
					multiline: true,
					placeholder: 'e.g. In the wintry dusk, a little girl holds matches tightly',
				}),
			}),
		)
		.min(1)
		.register(fieldMeta, {
			title: 'Prompts',
			help: `The parts of the video, one after another. All frames together: at most ${MAX_TOTAL_FRAMES}.`,
			itemTitle: 'Prompt',
		}),
	negative_prompt: promptText()
		.register(fieldMeta, {
			title: 'Negative Prompt',
			help: 'What the video should not show.',
			multiline: true,
		})
		.optional(),
	guidance_scale: z
		.number()
		.min(1)
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
		.register(fieldMeta, {
			title: 'Seed',
			help: 'The same seed with the same settings gives the same video. -1 picks one at random.',
			default: -1,
		})
		.optional(),
	loras: z
		.array(
			z.strictObject({
				model_name: z.string().min(1).register(fieldMeta, {
					title: 'LoRA Name',
					help: 'A LoRA of Novita.',
					search: 'lora',
					placeholder: 'e.g. GoodHands-beta2_39807',
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
				model_name: z.string().min(1).register(fieldMeta, {
					title: 'Embedding Name',
					help: 'A textual inversion of Novita.',
					search: 'textualinversion',
					placeholder: 'e.g. badhandv4_16755',
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
			initial: false,
		})
		.optional(),
	clip_skip: z
		.int()
		.min(1)
		.max(12)
		.register(fieldMeta, {
			title: 'CLIP Skip',
			help: 'How many of the last text encoder layers are left out.',
			initial: 1,
		})
		.optional(),
});
