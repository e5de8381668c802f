/** How many videos a request makes: what is quoted, and what counts against Maximum Jobs. */
import { expect, it } from 'vitest';
import type { RequestValues } from '../../providers/contract';
import { providerById } from '../../providers/registry';
import { videoCountOf } from '../../providers/schema/videoCount';

const VEO = { model: 'veo-3.1-generate-001', prompt: 'A boat' };

it.each([
	['novitaAnyModel', { ...VEO, sample_count: 3 }, 3],
	['novitaAnyModel', VEO, 1],
	['novita', { prompts: [{ prompt: 'a', frames: 16 }] }, 1],
	['localGpu', { prompt: 'a' }, 1],
] as Array<[string, RequestValues, number]>)('%s %j makes %d', (id, values, count) => {
	expect(videoCountOf(providerById(id), values)).toBe(count);
});
