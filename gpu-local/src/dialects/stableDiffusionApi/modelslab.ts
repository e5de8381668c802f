import type { RequestValues } from '../../../../providers/contract';

const WIDE = [16, 9] as const;
const UPRIGHT = [9, 16] as const;

/** The same here as there. */
const SAME = [
	'prompt',
	'negative_prompt',
	'seed',
	'num_frames',
	'fps',
	'num_inference_steps',
	'guidance_scale',
	'clip_skip',
	'enhance_prompt',
	'track_id',
] as const;

/** Those that are read under another name; and those that say nothing about the picture. */
const READ = new Set<string>([
	...SAME,
	...['model_id', 'width', 'height', 'resolution', 'aspect_ratio', 'portrait', 'duration'],
	...['output_type', 'webhook', 'temp', 'instant_response'],
]);

/** The fields of ModelsLab v6 and v7 as those of the Local GPU provider. */
export function modelslabToLocal(values: RequestValues): RequestValues {
	const local: RequestValues = { model: values.model_id! };
	for (const name of SAME) {
		const value = values[name];
		if (value !== undefined) local[name] = value;
	}
	const size = sizeOf(values);
	if (size !== undefined) local.size = size;
	if (values.duration !== undefined) local.seconds = Number(values.duration);
	if (values.output_type === 'gif') local.output_format = 'gif';
	if (values.webhook !== undefined) local.webhook_url = values.webhook;
	return local;
}

/** Width and height, or the short side and the shape: 720, "720p", "720p HD". */
function sizeOf({
	width,
	height,
	resolution,
	aspect_ratio: shape,
	portrait,
}: RequestValues): string | undefined {
	if (width !== undefined && height !== undefined) return `${String(width)}x${String(height)}`;
	const upright = portrait === true || shape === '9:16';
	if (resolution === undefined && shape === undefined && portrait === undefined) return undefined;
	const short = Number(/\d{2,4}/.exec(String(resolution ?? ''))?.[0] ?? 480);
	const [across, down] = upright ? UPRIGHT : WIDE;
	const scale = short / Math.min(across, down);
	return [across, down].map((side) => Math.round((side * scale) / 2) * 2).join('x');
}

/** Said of the fields that no machine here has a use for. */
export function unusedByModelslab(values: RequestValues): string[] {
	const names = Object.keys(values).filter((name) => !READ.has(name) && values[name] !== false);
	return names.length === 0 ? [] : [`Not used here: ${names.join(', ')}.`];
}
