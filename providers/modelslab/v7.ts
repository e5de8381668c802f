/** ModelsLab v7 (the document: ModelsLab model guide and the API pages of its models). */
import { z } from 'zod/v4';
import { extraParameters } from '../schema/extraParameters';
import { fieldMeta } from '../schema/fields';
import { negativePrompt, prompt, seed, trackId, webhook } from '../stableDiffusionApi/fields';
import { count, modelId, portrait } from './fields';

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
		.register(fieldMeta, { title: 'Width', help: 'In pixels.', initial: 1024 })
		.optional(),
	height: z
		.int()
		.min(512)
		.max(1024)
		.register(fieldMeta, { title: 'Height', help: 'In pixels.', initial: 576 })
		.optional(),
	aspect_ratio: z
		.enum(['16:9', '9:16'])
		.register(fieldMeta, { title: 'Aspect Ratio', help: 'Shape of the picture.', initial: '16:9' })
		.optional(),
	resolution: z
		.string()
		.min(1)
		.register(fieldMeta, {
			title: 'Resolution',
			help: 'As the model spells it: some want 720, some 720p.',
			placeholder: 'e.g. 720p',
			initial: '720p',
		})
		.optional(),
	duration: count({
		title: 'Duration in Seconds',
		help: 'How long the video is.',
		as: 'string',
		initial: 5,
	}),
	fps: count({
		title: 'Frames per Second',
		help: 'How many pictures a second the video has.',
		initial: 24,
	}),
	portrait,
	camera_fixed: z
		.boolean()
		.register(fieldMeta, {
			title: 'Camera Fixed',
			help: 'Whether the camera stands still.',
			initial: false,
		})
		.optional(),
	enhance_prompt: z
		.boolean()
		.register(fieldMeta, {
			title: 'Enhance Prompt',
			help: 'Whether the provider may rewrite the prompt for a better picture.',
			initial: true,
		})
		.optional(),
	generate_audio: z
		.boolean()
		.register(fieldMeta, {
			title: 'Generate Audio',
			help: 'Whether the video gets sound.',
			initial: true,
		})
		.optional(),
	init_audio: z
		.url({ protocol: /^https?$/ })
		.max(2048)
		.register(fieldMeta, {
			title: 'Audio URL',
			help: 'A sound file that the video should go with.',
			placeholder: 'e.g. https://example.com/voice.mp3',
		})
		.optional(),
	webhook,
	track_id: trackId,
	extra_parameters: extraParameters(),
});
