/** The providers as data for the editor's page, written into it by the build. */
import { fieldsOf, isMainField, type Field } from '../../providers/fields';
import { providers } from '../../providers/registry';
import { needsKey } from './authentication';
import { promptField } from './values';

export const editorProviders = () =>
	providers.map(({ id, title, description, documentationUrl, account, abilities, request }) => ({
		id,
		title,
		description,
		documentationUrl,
		defaultBaseUrl: account.defaultBaseUrl,
		needsKey: needsKey(account.authentication),
		callback: abilities.callback !== undefined,
		signsCallbacks: abilities.callback?.signature === 'standard-webhooks',
		fields: fieldsOf(request).map(editorField),
		promptField: promptField(fieldsOf(request))?.name,
	}));

/** `main`: in sight from the start. */
function editorField(field: Field): Field & { main: boolean } {
	const { items, ...rest } = field;
	return {
		...rest,
		main: isMainField(field),
		...(items ? { items: items.map(editorField) } : {}),
	};
}
