/** ModelsLab's models as this provider's endpoints take them: beside the fields that every model of an endpoint has. */
import { modelslabCatalogue, ofEndpoint } from '../catalogue';
import type { ModelEntry } from '../catalogue/types';
import type { ProviderModels } from '../contract';
import type { Field } from '../schema/fields';

/** @param endpoint of the catalogue; none for the usual one */
export const modelsOf = (endpoint?: string): ProviderModels => ({
	field: 'model_id',
	catalogue: ofEndpoint(modelslabCatalogue, endpoint),
	adapt,
});

/**
 * What is only known from clients is no limit: another value was sent before and may be right. And a value that is
 * needed though nobody gave it before is sent as the documents or the first of the seen ones have it.
 */
function adapt(field: Field, { evidence, fields }: ModelEntry): Field {
	if (!fields || field.main === undefined) return field;
	const { required, ...others } = field;
	const needed = required && field.main === false;
	const start = field.default ?? field.choices?.[0] ?? field.minimum;
	return {
		...others,
		required: required && !needed,
		...(needed && start !== undefined ? { always: true, default: start } : {}),
		...(evidence === 'client code' && field.type === 'choice' ? { open: true } : {}),
		...(evidence === 'client code' && field.type === 'integer' ? { maximum: undefined } : {}),
	} as Field;
}
