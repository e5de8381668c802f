import type { ModelEntry } from './registry.ts';

/** What a model that is one file ends with. */
export const ENDING = /\.(safetensors|gguf)$/i;

/** A Wan or LTX-Video denoiser in one file, which needs a folder with the other parts. */
export const isDenoiserFile = ({ kind, family, path }: ModelEntry): boolean =>
	kind === 'checkpoint' && family !== 'animatediff' && ENDING.test(path);

/** The named folder with the other parts, or where none is named the only one of the family. */
export function baseOf(entry: ModelEntry, entries: ModelEntry[]): ModelEntry | undefined {
	if (entry.base !== undefined) return entries.find(({ alias }) => alias === entry.base);
	const found = entries.filter(
		(one) =>
			one.family === entry.family &&
			!ENDING.test(one.path) &&
			(one.kind === 'base' || one.kind === 'checkpoint'),
	);
	return found.length === 1 ? found[0] : undefined;
}
