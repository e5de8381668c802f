/** A repeated group: an editable list of rows, or one value that gives the whole list. */
import { t, word } from './i18n';
import { literalOf } from './literals';
import { DYNAMIC, frame, type RowControl, type RowPlace } from './rowFrame';

type AddRow = (
	container: JQuery,
	field: EditorField,
	saved: EditorRow | undefined,
	place: RowPlace,
) => RowControl;

export function addList(
	container: JQuery,
	field: EditorField,
	saved: EditorRow | undefined,
	place: RowPlace,
	/** Rows of a list are rows like any other, lists among them. */
	addRow: AddRow,
): RowControl {
	const { row, control } = frame(container, field);
	row.addClass('ttv-list-row');
	const input = $('<input type="text" class="ttv-input">').appendTo(control);
	const listType = {
		value: 'list',
		label: t('editor.list'),
		icon: 'fa fa-bars',
		hasValue: false,
	};
	input.typedInput({
		default: 'list',
		types: [listType, 'json', ...DYNAMIC],
	});
	const list = $('<ol class="ttv-list"></ol>').appendTo(control);
	const title = word(field.itemTitle ?? field.title);
	list.editableList({
		addButton: t('editor.add', { item: title }),
		sortable: true,
		removable: true,
		height: 'auto',
		addItem(item: JQuery, _index: number, data: { rows?: Record<string, EditorRow> }) {
			const controls = (field.items ?? []).map((inner) => {
				const start = data.rows ? data.rows[inner.name] : startRow(inner);
				return [inner.name, addRow(item, inner, start, place)] as const;
			});
			item.addClass('ttv-item').data('controls', controls);
			place.changed();
		},
		removeItem: () => place.changed(),
	});
	const items = saved && Array.isArray(saved.value) ? saved.value : [];
	for (const rows of items) list.editableList('addItem', { rows });
	const toggle = () => {
		const isList = input.typedInput('type') === 'list';
		list.closest('.red-ui-editableList').toggle(isList);
		place.changed();
	};
	input.on('change', toggle);
	input.typedInput('type', saved?.type ?? 'list');
	if (saved && !Array.isArray(saved.value)) input.typedInput('value', saved.value);
	toggle();
	return {
		read() {
			const type = input.typedInput('type');
			if (type !== 'list') {
				const value = input.typedInput('value');
				return value.trim() === '' ? undefined : { type, value };
			}
			const value: Array<Record<string, EditorRow>> = [];
			list.editableList('items').each((_index, item) => {
				const controls = $(item).data('controls') as Array<readonly [string, RowControl]>;
				// `data` of the list lies on the element around the one that `addItem` was given.
				value.push(readAll(controls ?? $(item).find('.ttv-item').data('controls')));
			});
			return value.length > 0 ? { type: 'list', value } : undefined;
		},
	};
}

export function readAll(
	controls: ReadonlyArray<readonly [string, RowControl]>,
): Record<string, EditorRow> {
	return Object.fromEntries(
		controls.flatMap(([name, control]) => {
			const row = control.read();
			return row ? [[name, row] as const] : [];
		}),
	);
}

/** What an empty row starts with: the prompt comes from the message, required values from the documents. */
export function startRow(field: EditorField): EditorRow | undefined {
	if (field.name === 'prompt') return { type: 'msg', value: 'payload' };
	const start = field.default ?? field.initial;
	if (!field.main || start === undefined) return undefined;
	return { type: literalOf(field.type), value: String(start) };
}
