/** One field as one row: title, a typed input, and what the field is for. */
import { literalFits, wrong } from './check';
import { example, t, word } from './i18n';
import { addList } from './lists';
import { searchButton } from './models';
import { DYNAMIC, frame, type RowControl, type RowPlace } from './rowFrame';

const ICONS = 'red/images/typedInput/';

export function addRow(
	container: JQuery,
	field: EditorField,
	saved: EditorRow | undefined,
	place: RowPlace,
): RowControl {
	if (field.type === 'list') return addList(container, field, saved, place, addRow);
	const { control } = frame(container, field);
	const input = $('<input type="text" class="ttv-input">').appendTo(control);
	const literal = literalType(field);
	input.typedInput({ default: literal.value, types: [literal, ...DYNAMIC] });
	const row = saved && !Array.isArray(saved.value) ? saved : undefined;
	input.typedInput('type', row?.type ?? literal.value);
	input.typedInput('value', (row?.value as string | undefined) ?? '');
	control.find('input.red-ui-typedInput-input').attr('placeholder', placeholder(field));
	if (field.search)
		control.addClass('ttv-searchable').append(searchButton(input, field, () => place.accountId()));
	input.on('change', () => place.changed());
	return {
		read() {
			const value = String(input.typedInput('value'));
			return value.trim() === '' ? undefined : { type: input.typedInput('type'), value };
		},
	};
}

function literalType(field: EditorField): TypedInputType {
	const validate = (value: string) => literalFits(field, value) || wrong(field);
	switch (field.type) {
		case 'integer':
		case 'number':
			return { value: 'num', label: t('editor.number'), icon: `${ICONS}09.svg`, validate };
		case 'boolean':
			return {
				value: 'bool',
				label: t('editor.yes-no'),
				icon: `${ICONS}bool.svg`,
				options: options(field, [
					{ value: 'true', label: t('editor.yes') },
					{ value: 'false', label: t('editor.no') },
				]),
			};
		case 'choice':
			return {
				value: 'str',
				label: t('editor.choice'),
				icon: 'fa fa-list-ul',
				options: options(
					field,
					(field.choices ?? []).map((choice) => ({
						value: String(choice),
						label: word(field.labels?.[String(choice)] ?? String(choice)),
					})),
				),
			};
		case 'json':
			return { value: 'json', label: 'JSON', icon: `${ICONS}json.svg`, validate };
		default:
			return {
				value: 'str',
				label: t('editor.text'),
				icon: `${ICONS}az.svg`,
				validate,
				...(field.multiline ? { expand: editText } : {}),
			};
	}
}

/** What an optional field starts with: that the provider decides. */
function options(field: EditorField, choices: Array<{ value: string; label: string }>) {
	if (field.required) return choices;
	const usual = choices.find(({ value }) => value === String(field.default))?.label;
	const label = usual ? t('editor.default-option', { value: usual }) : t('editor.unset-option');
	return [{ value: '', label }, ...choices];
}

function placeholder(field: EditorField): string {
	if (field.default !== undefined && field.default !== '') {
		return t('editor.default', { value: field.default });
	}
	return example(field.placeholder);
}

function editText(this: { value(text?: string): string }): void {
	const value = this.value();
	RED.editor.editText({ value, complete: (text: string) => this.value(text) });
}
