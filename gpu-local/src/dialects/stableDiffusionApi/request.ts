import type { RequestValues } from '../../../../providers/contract';

/** The provider makes 8 pictures a second, and 5 seconds where no length can be given. */
const FPS = 8;
const SECONDS = 5;

/** Observed at v5, whose callers can choose neither. */
const V5 = { size: '576x320', num_inference_steps: 20, guidance_scale: 9, seconds: 3 };

/** The fields of v4 and Enterprise as those of the Local GPU provider. */
export function trainedToLocal(values: RequestValues): RequestValues {
	const local: RequestValues = {
		prompt: values.prompt!,
		model: values.model_id!,
		size: `${String(values.width ?? 512)}x${String(values.height ?? 512)}`,
		seconds: SECONDS,
		fps: FPS,
		enhance_prompt: values.enhance_prompt ?? true,
		seed: values.seed ?? -1,
	};
	for (const name of SAME) {
		const value = values[name];
		if (value !== undefined) local[name] = value;
	}
	if (values.webhook !== undefined) local.webhook_url = values.webhook;
	return local;
}

export function v5ToLocal(values: RequestValues): RequestValues {
	const local: RequestValues = { ...V5, fps: FPS, prompt: values.prompt! };
	for (const name of ['negative_prompt', 'scheduler', 'seconds'] as const) {
		const value = values[name];
		if (value !== undefined) local[name] = value;
	}
	return local;
}

const SAME = [
	'negative_prompt',
	'scheduler',
	'num_inference_steps',
	'guidance_scale',
	'strength',
	'track_id',
] as const;
