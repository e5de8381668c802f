/** A model that was taken away is answered as not found; who asked for it wants to know what to take instead. */
import { replacementOf, similarTo } from '../catalogue';
import type { Catalogue } from '../catalogue/types';
import type { ProviderFailure } from '../contract';

export function orReplacement(
	found: ProviderFailure,
	catalogue: Catalogue,
	model: unknown,
): ProviderFailure {
	if (found.code !== 'not_found' && found.code !== 'model_not_found') return found;
	const name = String(model);
	const instead = replacementOf(catalogue, model);
	// Without a word of a model, it may as well be the address that is not there.
	if (!instead && (found.code === 'not_found' || typeof model !== 'string')) return found;
	const advice = instead
		? `The provider has retired ${name}. Take ${instead} instead.`
		: `The provider does not have ${name}, or has it no longer. Take ${similarTo(catalogue, model)} instead, or another model from the list.`;
	return { ...found, code: 'model_not_found', advice };
}
