import type { JsonValue, RequestValues } from '../../../../providers/contract';
import { fitSeed } from '../seed.ts';

/** Novita's fields as those of the Local GPU provider. */
export function toLocal(values: RequestValues): { values: RequestValues; warnings: string[] } {
	const prompts = values.prompts as Array<{ prompt: string; frames: number }>;
	const { seed, warnings } = fitSeed(Number(values.seed ?? -1));
	const local: RequestValues = {
		prompt: prompts[0]!.prompt,
		model: values.model_name!,
		size: `${String(values.width)}x${String(values.height)}`,
		num_inference_steps: values.steps!,
		output_format: values.response_video_type ?? 'mp4',
		seed,
	};
	// One part is an ordinary video: models that know no parts can make it, too.
	if (prompts.length === 1) local.num_frames = prompts[0]!.frames;
	else local.prompts = prompts as unknown as JsonValue;
	for (const name of SAME) {
		const value = values[name];
		if (value !== undefined) local[name] = value;
	}
	return { values: local, warnings };
}

const SAME = [
	'negative_prompt',
	'guidance_scale',
	'loras',
	'embeddings',
	'closed_loop',
	'clip_skip',
	'webhook_url',
] as const;
