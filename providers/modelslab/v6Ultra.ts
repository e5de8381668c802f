/** ModelsLab v6 Ultra (the document: ModelsLab API reference, "Text to Video Ultra"). */
import { z } from 'zod/v4';
import { fieldMeta } from '../schema/fields';
import { negativePrompt, prompt, seed, trackId, webhook } from '../stableDiffusionApi/fields';
import { count, guidanceScale, modelId, portrait, temp } from './fields';

/** `POST /api/v6/video/text2video_ultra`. One sample spells `sample_shift` the other way round; the table decides. */
export const v6UltraRequest = z.strictObject({
	model_id: modelId('e.g. wan2.2 or ltx-2.3', 'wan2.2'),
	prompt,
	negative_prompt: negativePrompt,
	seed,
	resolution: count({ title: 'Resolution', help: 'Short side in pixels.', initial: 480 }, 480),
	num_frames: count({
		title: 'Number of Frames',
		help: 'How many pictures the video has.',
		default: 81,
	}),
	num_inference_steps: count(
		{
			title: 'Number of Inference Steps',
			help: 'Denoising steps: more take longer and often look better.',
			default: 25,
		},
		30,
	),
	guidance_scale: guidanceScale({ initial: 1 }),
	// The table says at most 16, its own sample sends 18.
	fps: count(
		{
			title: 'Frames per Second',
			help: 'How many pictures a second the video has. 16 is the documented limit, 18 is in the documented example.',
			initial: 16,
		},
		18,
	),
	portrait,
	sample_shift: z
		.int()
		.min(0)
		.max(10)
		.register(fieldMeta, {
			title: 'Sample Shift',
			help: 'Moves the denoising towards the beginning: higher values give more motion.',
			default: 5,
		})
		.optional(),
	temp,
	webhook,
	track_id: trackId,
});
