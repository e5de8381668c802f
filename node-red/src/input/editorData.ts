/** The providers as data for the editor's page, written into it by the build. */
import { fieldsOf, isMainField, type Field } from '../../../providers/schema/fields';
import { providers } from '../../../providers/registry';
import { needsKey } from '../runtime/authentication';
import { promptField } from './promptField';

export const editorProviders = () =>
	providers.map(({ id, title, description, documentationUrl, account, capabilities, request }) => ({
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
	}));

/** `main`: in sight from the start. */
type EditorField = Field & { main: boolean };

function editorField(field: Field): EditorField {
	const { items, ...rest } = field;
	return {
		...rest,
		main: isMainField(field),
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
