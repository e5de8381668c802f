/** Requests of Stable Diffusion API v5, v4 and Enterprise v1, every field of their documents in its order. */
import { z } from 'zod/v4';
import { fieldMeta } from '../schema/fields';
import { negativePrompt, prompt, scheduler, seed, trackId, webhook } from './fields';

/** "Create Video": `POST /api/v5/text2video`. The document gives no range for `seconds`. */
export const v5Request = z.strictObject({
	prompt,
	negative_prompt: negativePrompt,
	scheduler,
	seconds: z
		.int()
		.min(1)
		.register(fieldMeta, {
			title: 'Seconds',
			help: 'Length of the video. The provider makes 8 pictures a second.',
			initial: 3,
		})
		.optional(),
});

/** The documents show width, height and steps as text ("512") and the switches as yes/no. */
const trainedFields = {
	model_id: z.string().min(1).register(fieldMeta, {
		title: 'Model ID',
		help: 'A public model of the provider or one that you trained there.',
		placeholder: 'e.g. midjourney',
		initial: 'midjourney',
	}),
	prompt,
	negative_prompt: negativePrompt,
	width: z
		.int()
		.min(1)
		.max(1024)
		.register(fieldMeta, { title: 'Width', help: 'In pixels.', as: 'string', initial: 512 })
		.optional(),
	height: z
		.int()
		.min(1)
		.max(1024)
		.register(fieldMeta, { title: 'Height', help: 'In pixels.', as: 'string', initial: 512 })
		.optional(),
	scheduler,
	num_inference_steps: z
		.int()
		.min(1)
		.max(50)
		.register(fieldMeta, {
			title: 'Number of Inference Steps',
			help: 'Denoising steps: more take longer and often look better.',
			as: 'string',
			initial: 30,
		})
		.optional(),
	enhance_prompt: z
		.boolean()
		.register(fieldMeta, {
			title: 'Enhance Prompt',
			help: 'Whether the provider may rewrite the prompt for a better picture.',
			as: 'yesNo',
			default: true,
		})
		.optional(),
	guidance_scale: z
		.number()
		.min(1)
		.max(20)
		.register(fieldMeta, {
			title: 'Guidance Scale',
			help: 'How closely the video follows the prompt.',
			initial: 7.5,
		})
		.optional(),
	strength: z
		.number()
		.min(0)
		.max(1)
		.register(fieldMeta, {
			title: 'Strength',
			help: 'How far the video may depart from a start picture. 1 ignores the picture.',
			initial: 0.7,
		})
		.optional(),
	seed,
	webhook,
	track_id: trackId,
};

/** "Train Text to Video": `POST /api/v4/dreambooth/text2video`. */
export const v4Request = z.strictObject(trainedFields);

/** "Enterprise: Text to Video": `POST /api/v1/enterprise/text2video`. */
export const enterpriseRequest = z.strictObject({
	...trainedFields,
	loadbalancer: z
		.boolean()
		.register(fieldMeta, {
			title: 'Load Balancer',
			help: 'Whether to spread jobs over your servers. Needs more than one, and the key of the first.',
			as: 'yesNo',
			default: false,
		})
		.optional(),
});
