/** The provider as it stands for one of its models. Everything that walks a provider's fields walks these too. */
import { definitionOf, findModel } from '../catalogue';
import type { ModelEntry } from '../catalogue/types';
import type { Provider, RequestValues } from '../contract';
import { fieldsOf, type Field } from './fields';
import { modelFields } from './modelFields';
import { modelIssues, modelWarnings } from './modelRules';
import { requestOf } from './requestOf';
import { isBlank } from './trimmed';

const known = new WeakMap<Provider, Map<ModelEntry, Provider>>();

/**
 * @param values names the model; where it does not, the provider's default counts
 * @returns the provider itself where it has no catalogue, or where only the name of the model is known
 */
export function ofModel(provider: Provider, values: Record<string, unknown>): Provider {
	const { models } = provider;
	if (!models) return provider;
	const named = values[models.field];
	const model = findModel(models.catalogue, isBlank(named) ? defaultModel(provider) : named);
	return model ? forEntry(provider, model) : provider;
}

/** The model's fields without the schema that validates them, for those who only list them. */
export function fieldsOfModel(provider: Provider, model: ModelEntry): Field[] {
	const base = fieldsOf(provider.request);
	return provider.models ? modelFields(provider.models, model, base) : base;
}

export const isFieldOfSomeModel = ({ models }: Provider, name: string): boolean =>
	models !== undefined &&
	models.catalogue.models.some(({ fields = [] }) =>
		fields.some((key) => definitionOf(key).name === name),
	);

function forEntry(provider: Provider, model: ModelEntry): Provider {
	const made = known.get(provider) ?? new Map<ModelEntry, Provider>();
	known.set(provider, made);
	let one = made.get(model);
	if (!one) {
		one = declare(provider, model);
		made.set(model, one);
	}
	return one;
}

function declare(provider: Provider, model: ModelEntry): Provider {
	const { models: _models, rules, warnings, limits, ...others } = provider;
	const request = requestOf(fieldsOfModel(provider, model));
	const fields = fieldsOf(request);
	const { seconds, upTo } = model.run ?? {};
	const longestSeconds = upTo ?? seconds;
	return {
		...others,
		model,
		request,
		limits: {
			...limits,
			...(seconds === undefined ? {} : { typicalSeconds: seconds }),
			...(longestSeconds === undefined ? {} : { longestSeconds }),
		},
		rules: (values: RequestValues) => [
			...(rules?.(values) ?? []),
			...modelIssues(model, fields, values),
		],
		warnings: (values: RequestValues) => [
			...(warnings?.(values) ?? []),
			...modelWarnings(model, fields, values),
		],
	};
}

const defaultModel = ({ request, models }: Provider): unknown =>
	fieldsOf(request).find(({ name }) => name === models?.field)?.default;
