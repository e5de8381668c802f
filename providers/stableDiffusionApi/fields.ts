/** Fields that the endpoints of Stable Diffusion API and its successor ModelsLab share, each under its documented name. */
import { z } from 'zod/v4';
import { fieldMeta } from '../schema/fields';
import { SCHEDULERS } from './schedulers';

export const prompt = z.string().min(1).register(fieldMeta, {
	title: 'Prompt',
	help: 'What the video should show.',
	multiline: true,
	placeholder: 'e.g. Girl smiling and sitting on a bench, ultra HD video',
});

export const negativePrompt = z
	.string()
	.min(1)
	.register(fieldMeta, {
		title: 'Negative Prompt',
		help: 'What the video should not show.',
		multiline: true,
	})
	.optional();

export const scheduler = z
	.enum(SCHEDULERS)
	.register(fieldMeta, {
		title: 'Scheduler',
		help: 'The sampling method. Leave it out to let the provider choose.',
		initial: 'UniPCMultistepScheduler',
	})
	.optional();

/** Documented: null for a random one, which is what leaving it out does too. */
export const seed = z
	.int()
	.min(0)
	.register(fieldMeta, {
		title: 'Seed',
		help: 'The same seed with the same settings gives the same video. Leave it out for a random one.',
		initial: 42,
	})
	.optional();

export const webhook = z
	.url({ protocol: /^https?$/ })
	.max(2048)
	.register(fieldMeta, {
		title: 'Webhook URL',
		help: 'The provider posts the result to this public address when the video is done.',
		role: 'callback',
		placeholder: 'e.g. https://n8n.example.com/webhook/…',
	})
	.optional();

export const trackId = z
	.string()
	.min(1)
	.max(256)
	.register(fieldMeta, {
		title: 'Tracking ID',
		help: 'Your own word for this job. It comes back with the job and in the webhook message.',
		role: 'tracking',
	})
	.optional();
