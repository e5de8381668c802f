/** What every row has: a title, a place for its control, and a hint. */
import { rangeHint } from './check';
import { t, word } from './i18n';

export interface RowControl {
	/** `undefined` where nothing is set. */
	read(): EditorRow | undefined;
}

export interface RowPlace {
	accountId(): unknown;
	changed(): void;
}

export const DYNAMIC = ['msg', 'flow', 'global', 'jsonata', 'env'];

/** Title, place for the control, and hint. */
export function frame(container: JQuery, field: EditorField): { row: JQuery; control: JQuery } {
	const row = $('<div class="form-row ttv-row"></div>')
		.attr('data-field', field.name)
		.appendTo(container);
	const label = $('<label></label>').text(word(field.title)).appendTo(row);
	if (field.required) label.append(' <span class="ttv-required">*</span>');
	// The name that the documents use, and an object of fields in msg.payload.
	label.append($('<span class="ttv-name"></span>').text(field.name));
	const control = $('<div class="ttv-control"></div>').appendTo(row);
	const help = word(field.help);
	// Some documents say the limit of a list in the words for it already.
	const range = field.type === 'list' && /\d/.test(help) ? '' : sentence(rangeHint(field));
	const hint = [help, range].filter(Boolean).join(' ');
	$('<div class="ttv-hint"></div>').text(hint).appendTo(row);
	return { row, control };
}

const sentence = (phrase: string): string =>
	phrase && t('editor.sentence', { phrase: `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}` });
