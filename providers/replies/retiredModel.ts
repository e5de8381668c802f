/** A model that was taken away is answered as not found; who asked for it wants to know what to take instead. */
import { replacementOf } from '../catalogue';
import type { Catalogue } from '../catalogue/types';
import type { ProviderFailure } from '../contract';

export function orReplacement(
	found: ProviderFailure,
	catalogue: Catalogue,
	model: unknown,
): ProviderFailure {
	if (found.code !== 'not_found' && found.code !== 'model_not_found') return found;
	const instead = replacementOf(catalogue, model);
	if (!instead) return found;
	const advice = `The provider has retired ${String(model)}. Take ${instead} instead.`;
	return { ...found, code: 'model_not_found', advice };
}
