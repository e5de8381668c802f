/** One field as one row: title, a typed input, and what the field is for. */
namespace TextToVideo {
	export interface RowControl {
		/** `undefined` where nothing is set. */
		read(): EditorRow | undefined;
	}

	export interface RowPlace {
		accountId(): unknown;
		changed(): void;
	}

	export const DYNAMIC = ['msg', 'flow', 'global', 'jsonata', 'env'];
	const ICONS = 'red/images/typedInput/';

	export function addRow(
		container: JQuery,
		field: EditorField,
		saved: EditorRow | undefined,
		place: RowPlace,
	): RowControl {
		if (field.type === 'list') return addList(container, field, saved, place);
		const { control } = frame(container, field);
		const input = $('<input type="text" class="ttv-input">').appendTo(control);
		const literal = literalType(field);
		input.typedInput({ default: literal.value, types: [literal, ...DYNAMIC] });
		const row = saved && !Array.isArray(saved.value) ? saved : undefined;
		input.typedInput('type', row?.type ?? literal.value);
		input.typedInput('value', (row?.value as string | undefined) ?? '');
		control.find('input.red-ui-typedInput-input').attr('placeholder', placeholder(field));
		if (field.search)
			control
				.addClass('ttv-searchable')
				.append(searchButton(input, field, () => place.accountId()));
		input.on('change', () => place.changed());
		return {
			read() {
				const value = String(input.typedInput('value'));
				return value.trim() === '' ? undefined : { type: input.typedInput('type'), value };
			},
		};
	}

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
		phrase &&
		t('editor.sentence', { phrase: `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}` });

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
}
