/** The providers as data for the editor's page, written into it by the build. */
import { fieldsOf, isMainField, type Field } from '../../../providers/schema/fields';
import type { Provider } from '../../../providers/contract';
import { providers } from '../../../providers/registry';
import { fieldsOfModel } from '../../../providers/schema/ofModel';
import { needsKey } from '../../../providers/contract';
import { promptField } from './promptField';

export const editorProviders = () =>
	providers.map((provider) => {
		const { id, title, description, documentationUrl, account, capabilities, request } = provider;
		return {
			id,
			title,
			description,
			documentationUrl,
			accountTitle: account.title,
			defaultBaseUrl: account.defaultBaseUrl,
			needsKey: needsKey(account.authentication),
			callback: capabilities.callback !== undefined,
			signsCallbacks: capabilities.callback?.signature === 'standard-webhooks',
			fields: fieldsOf(request).map(editorField),
			promptField: promptField(fieldsOf(request))?.name,
			...modelsOf(provider),
		};
	});

/** Each model's fields by their places in a pool, for most models share most of them. */
function modelsOf(provider: Provider) {
	if (!provider.models) return {};
	const pool = new Map<string, number>();
	const modelFields: EditorField[] = [];
	const placeOf = (field: Field): number => {
		const { part: _part, with: _with, wire: _wire, media: _media, ...shown } = editorField(field);
		const key = JSON.stringify(shown);
		const known = pool.get(key);
		if (known !== undefined) return known;
		modelFields.push(shown);
		pool.set(key, modelFields.length - 1);
		return modelFields.length - 1;
	};
	const models = provider.models.catalogue.models
		.filter(({ fields }) => fields)
		.map((model) => ({
			names: [model.id, ...(model.aliases ?? [])],
			fields: fieldsOfModel(provider, model).map(placeOf),
		}));
	return { modelField: provider.models.field, models, modelFields };
}

/** `main`: in sight from the start. */
type EditorField = Field & { main: boolean };

function editorField(field: Field): EditorField {
	const { items, ...rest } = field;
	return {
		...rest,
		main: field.required || isMainField(field),
		...(items ? { items: items.map(editorField) } : {}),
	};
}

/**
 * Every text of the providers that the editor shows as words, each once. Names of providers and examples of values
 * are no words: they are the same in every language.
 */
export function providerWords(): string[] {
	const words = editorProviders().flatMap(({ description, fields }) => [
		description,
		...fields.flatMap(wordsOf),
	]);
	return [...new Set(words)];
}

const wordsOf = ({ title, help, itemTitle, labels = {}, items = [] }: Field): string[] => [
	title,
	help,
	...(itemTitle === undefined ? [] : [itemTitle]),
	...Object.values(labels),
	...items.flatMap(wordsOf),
];
