/**
 * AI/ML API `POST /v2/video/generations` (the document: AI/ML API reference, "PixVerse v5/text-to-video"). Other
 * text-to-video models of the endpoint go by their name in `model` and the extra parameters.
 */
import { z } from 'zod/v4';
import { extraParameters } from '../schema/extraParameters';
import { fieldMeta } from '../schema/fields';
import { STYLE_LABELS, STYLES } from './styles';

export const PIXVERSE_V5 = 'pixverse/v5/text-to-video';

/** Travels as a header and comes back with the job. */
export const clientRequestId = () =>
	z
		.string()
		.regex(/^[A-Za-z0-9._:-]{1,128}$/)
		.register(fieldMeta, {
			title: 'Tracking ID',
			help: 'Your own word for this job (letters, digits and . _ : -). It comes back with the job.',
			header: 'X-Client-Request-Id',
			role: 'tracking',
			placeholder: 'order-4711',
			form: '1 to 128 letters, digits, dots, colons, dashes and underscores',
		})
		.optional();

export const request = z.strictObject({
	model: z
		.string()
		.min(1)
		.max(256)
		.register(fieldMeta, {
			title: 'Model',
			help: 'PixVerse v5, or another text-to-video model of the same endpoint by its name.',
			placeholder: `e.g. ${PIXVERSE_V5}`,
			default: PIXVERSE_V5,
			always: true,
		})
		.optional(),
	prompt: z.string().min(1).register(fieldMeta, {
		title: 'Prompt',
		help: 'The scene, subject or action that the video should show.',
		multiline: true,
		placeholder: 'e.g. A dragon appears above the tallest mountain and rushes at the camera',
	}),
	aspect_ratio: z
		.enum(['16:9', '4:3', '1:1', '3:4', '9:16'])
		.register(fieldMeta, { title: 'Aspect Ratio', help: 'Shape of the picture.', default: '16:9' })
		.optional(),
	resolution: z
		.enum(['360p', '540p', '720p', '1080p'])
		.register(fieldMeta, {
			title: 'Resolution',
			help: 'Length of the short side. 1080p can not be had with 8 seconds.',
			default: '720p',
		})
		.optional(),
	duration: z
		.literal([5, 8])
		.register(fieldMeta, {
			title: 'Duration in Seconds',
			help: 'How long the video is.',
			default: 5,
			labels: { 5: '5 Seconds', 8: '8 Seconds' },
		})
		.optional(),
	negative_prompt: z
		.string()
		.min(1)
		.register(fieldMeta, {
			title: 'Negative Prompt',
			help: 'What the video should not show.',
			multiline: true,
		})
		.optional(),
	style: z
		.enum(STYLES)
		.register(fieldMeta, {
			title: 'Style',
			help: 'The look of the video.',
			initial: 'anime',
			labels: STYLE_LABELS,
		})
		.optional(),
	seed: z
		.int()
		.register(fieldMeta, {
			title: 'Seed',
			help: 'The same seed with the same settings gives a similar video. Leave it out for a random one.',
			initial: 42,
		})
		.optional(),
	lip_sync_tts_content: z
		.string()
		.min(1)
		.register(fieldMeta, {
			title: 'Lip Sync Text',
			help: 'What a person in the video says; the lips move with it.',
			multiline: true,
		})
		.optional(),
	lip_sync_tts_speaker: z
		.enum([
			'Harper',
			'Ava',
			'Isabella',
			'Sophia',
			'Emily',
			'Chloe',
			'Julia',
			'Mason',
			'Jack',
			'Liam',
			'James',
			'Oliver',
			'Adrian',
			'Ethan',
			'Auto',
		])
		.register(fieldMeta, {
			title: 'Lip Sync Speaker',
			help: 'The voice that says the lip sync text.',
			initial: 'Auto',
		})
		.optional(),
	client_request_id: clientRequestId(),
	legacy_path: z
		.boolean()
		.register(fieldMeta, {
			title: 'Use Legacy Path',
			help: 'Whether to use the older address of the PixVerse endpoint, which is still documented.',
			unsent: true,
			default: false,
			advanced: true,
		})
		.optional(),
	extra_parameters: extraParameters(),
});
