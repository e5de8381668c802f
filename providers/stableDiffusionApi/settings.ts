/** `meta`: what the provider really used, which is not always what it was asked for. */
import type { JsonObject, JsonValue, RequestValues } from '../contract';

/** The account's key, our own callback address with its token, and names that mean nothing outside their servers. */
const LEFT_OUT = new Set(['key', 'webhook', 'track_id', 'id', 'outdir', 'file_prefix', 'full_url']);

/** Names under which `meta` gives a field back, in the order of the generations. */
const ECHOES: Record<string, string[]> = {
	model_id: ['model_id'],
	width: ['width', 'W'],
	height: ['height', 'H'],
	scheduler: ['scheduler'],
	num_inference_steps: ['num_inference_steps', 'steps'],
	guidance_scale: ['guidance_scale'],
	strength: ['strength'],
	seconds: ['seconds'],
	num_frames: ['num_frames'],
	fps: ['fps'],
	seed: ['seed'],
	output_type: ['output_type'],
};

export function settingsOf(meta: JsonObject): JsonObject | undefined {
	const entries = Object.entries(meta).filter(
		([name, value]) =>
			!LEFT_OUT.has(name) && value !== null && value !== '' && typeof value !== 'object',
	);
	return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Where the provider says that it used something else than was asked for. */
export function unlikeAsked(values: RequestValues, used: JsonObject | undefined): string[] {
	if (!used) return [];
	return Object.entries(ECHOES).flatMap(([name, echoes]) => {
		const asked = values[name];
		const echo = echoes.map((key) => used[key]).find((value) => value !== undefined);
		if (asked === undefined || echo === undefined || same(asked, echo)) return [];
		return [`The provider used ${name} ${String(echo)} instead of ${String(asked)}.`];
	});
}

/** Numbers come back as text in some generations. */
const same = (asked: JsonValue, echo: JsonValue): boolean =>
	String(asked) === String(echo) || Number(asked) === Number(echo);
