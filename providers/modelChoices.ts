/** The shipped models as a list to choose from: the first choices, then the others by maker. Pure. */
import { usableModels } from './catalogue';
import type { ModelEntry } from './catalogue/types';
import type { ModelChoice, Provider } from './contract';
import { fieldsOf } from './schema/fields';

export function modelChoices({ models }: Provider): ModelChoice[] {
	if (!models) return [];
	// Another name for a model that is in the list already helps nobody choose.
	const usable = usableModels(models.catalogue).filter(({ sameAs }) => sameAs === undefined);
	const first = models.catalogue.firstChoices.flatMap(({ id, words }) => {
		const model = usable.find((candidate) => candidate.id === id);
		return model ? [choice(model, words)] : [];
	});
	const chosen = new Set(first.map(({ value }) => value));
	const others = usable
		.filter(({ id }) => !chosen.has(id))
		.map((model) => choice(model, model.hint))
		// Plain comparison: the first localeCompare of a process loads all of its locale data.
		.sort((a, b) => (a.label < b.label ? -1 : 1));
	return [...first, ...others];
}

/** The list of the request field that names the model. */
export const modelListOf = ({ models, request }: Provider): string | undefined =>
	models && fieldsOf(request).find(({ name }) => name === models.field)?.search;

const choice = (
	{ id, title, maker }: ModelEntry,
	description: string | undefined,
): ModelChoice => ({
	value: id,
	label: `${maker} › ${title}`,
	...(description ? { description } : {}),
});
