/** Every model that is offered, with values for as many of its fields as go together. */
import fc from 'fast-check';
import type { ModelEntry } from '../../providers/catalogue/types';
import { usableModels } from '../../providers/catalogue';
import type { Provider, RequestValues } from '../../providers/contract';
import { providers } from '../../providers/registry';
import { ofModel } from '../../providers/schema/ofModel';
import { validValues } from './arbitraryValues';

export const offeredModels = providers.flatMap((provider) =>
	provider.models
		? usableModels(provider.models.catalogue)
				.filter(({ fields }) => fields)
				.map((model) => [`${provider.id} ${model.id}`, provider, model] as const)
		: [],
);

/** What only clients are known to send is left out: the simulated providers go by the documents. */
export function valuesOfModel(provider: Provider, model: ModelEntry): RequestValues {
	const named = { [provider.models!.field]: model.id };
	const samples = fc.sample(validValues(ofModel(provider, named), named), { seed: 7, numRuns: 20 });
	const sorted = samples.sort((a, b) => Object.keys(b).length - Object.keys(a).length);
	const values = model.evidence === 'client code' ? sorted.at(-1)! : sorted[0]!;
	const { extra_parameters: _others, ...own } = values;
	return own;
}
