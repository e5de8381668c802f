/** Texts of the editor, all from the account node's catalogue. */
const CATALOGUE = 'node-red-contrib-text-to-video/text-to-video-account';

export const t = (key: string, values?: object): string => RED._(`${CATALOGUE}:${key}`, values);

/** A provider's own word in the editor's language; the English one where there is none. Key: see `src/i18n/catalogue.ts`. */
export function word(english: string): string {
	const key = `${CATALOGUE}:words.${english.replace(/[^A-Za-z0-9]+/g, '-')}`;
	return RED._(key, { defaultValue: '' }) || english;
}

/** "e.g. A paper boat": the example is a value and stays as it is, what introduces it is a word. */
export const example = (placeholder = ''): string =>
	/^e\.g\. /.test(placeholder)
		? t('editor.example', { value: placeholder.replace(/^e\.g\. /, '') })
		: placeholder;
