import type { RequestValues } from '../../../../providers/contract';
import { fitSeed } from '../seed.ts';

/** What the provider makes where a field is left out. */
const DEFAULTS = { aspect_ratio: '16:9', resolution: '720p', duration: 5 };

const SAME = ['prompt', 'model', 'aspect_ratio', 'resolution', 'negative_prompt', 'style'] as const;

/** The fields of AI/ML API's PixVerse as those of the Local GPU provider. */
export function toLocal(given: RequestValues): { values: RequestValues; warnings: string[] } {
	const values: RequestValues = { ...DEFAULTS, ...given };
	const { seed, warnings } = fitSeed(Number(values.seed ?? -1));
	const local: RequestValues = { seconds: Number(values.duration), seed };
	for (const name of SAME) {
		const value = values[name];
		if (value !== undefined) local[name] = value;
	}
	const spoken = Object.keys(given).filter((name) => name.startsWith('lip_sync'));
	return {
		values: local,
		warnings:
			spoken.length === 0 ? warnings : [...warnings, `Not used here: ${spoken.join(', ')}.`],
	};
}
