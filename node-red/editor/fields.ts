/** All fields of the account's provider: the required ones in sight, the others folded. */
import { carriedRows } from './carriedRows';
import { errorsIn, literalFits } from './check';
import { t, word } from './i18n';
import { readAll, startRow } from './lists';
import { fieldsFor, providerOf, providerOfAccount } from './providers';
import type { RowControl } from './rowFrame';
import { addRow } from './rows';

export interface FieldsForm {
	/** Draws the rows of the provider that the account has now. */
	draw(): void;
	read(): Record<string, EditorRow>;
}

export function fieldsForm(
	container: JQuery,
	saved: Record<string, EditorRow>,
	accountId: () => unknown,
): FieldsForm {
	let drawn: string | undefined;
	let controls: Array<readonly [string, RowControl]> = [];
	/** What was typed for each provider, so that looking at another account loses nothing. */
	const typed = new Map<string, Record<string, EditorRow>>();
	/** The provider whose rows were drawn last. */
	let last: string | undefined;
	let kept = saved;

	const read = () => readAll(controls);

	function draw(): void {
		const provider = providerOfAccount(accountId());
		if (provider && provider.id === drawn) return;
		if (drawn !== undefined) typed.set(drawn, read());
		kept = (provider && typed.get(provider.id)) ?? startFor(provider);
		controls = [];
		container.empty();
		drawn = provider?.id;
		if (!provider) {
			$('<div class="form-tips"></div>').text(t('editor.choose-account')).appendTo(container);
			return;
		}
		about(provider).appendTo(container);
		const naming = provider.fields.find(({ name }) => name === provider.modelField);
		const rest = $('<div></div>');
		if (naming) add(container, naming, provider, () => drawOfModel(rest, provider));
		rest.appendTo(container);
		drawOfModel(rest, provider);
	}

	/** All fields but the one that names the model, which stays where it is while somebody types in it. */
	function drawOfModel(rest: JQuery, provider: EditorProvider): void {
		const before = read();
		const all = fieldsFor(provider, before);
		if (rest.data('fields') === all) return;
		const wasDrawn = rest.data('fields') !== undefined;
		rest.data('fields', all).empty();
		// What another model has no field for is kept here, for coming back, and is not saved.
		kept = { ...kept, ...before };
		controls = controls.filter(([name]) => name === provider.modelField);
		const fields = all.filter(
			({ role, name }) => role !== 'callback' && name !== provider.modelField,
		);
		const names = new Set([provider.modelField, ...fields.map(({ name }) => name)]);
		const lost = Object.keys(wasDrawn ? before : kept).filter((name) => !names.has(name));
		if (lost.length > 0 && provider.modelField) {
			$('<div class="form-tips ttv-lost"></div>')
				.text(t('editor.not-of-model', { fields: lost.join(', ') }))
				.appendTo(rest);
		}
		for (const field of fields.filter(({ main }) => main)) add(rest, field, provider);
		const more = folded(rest, t('editor.more'));
		const count = () => {
			const folded = fields.filter(({ main }) => !main).map(({ name }) => name);
			const set = Object.keys(read()).filter((name) => folded.includes(name)).length;
			more.badge.text(set > 0 ? t('editor.set', { n: set }) : '');
		};
		const place = { accountId, changed: () => count() };
		for (const field of fields.filter(({ main }) => !main)) {
			controls.push([field.name, addRow(more.body, field, kept[field.name], place)]);
		}
		count();
	}

	/** A node that has no account for a while keeps what it holds. */
	function startFor(next: EditorProvider | undefined): Record<string, EditorRow> {
		if (drawn !== undefined) last = drawn;
		const before = providerOf(last);
		const rows = last === undefined ? saved : (typed.get(last) ?? {});
		return before && next ? carriedRows(rows, before, next, literalFits) : rows;
	}

	function add(
		parent: JQuery,
		field: EditorField,
		provider: EditorProvider,
		changed: () => void = () => undefined,
	): void {
		const start = kept[field.name] ?? firstRow(field, provider);
		const place = { accountId, changed };
		controls.push([field.name, addRow(parent, field, start, place)]);
	}

	return { draw, read };
}

/** A required list starts with one item to fill in. */
function firstRow(field: EditorField, provider: EditorProvider): EditorRow | undefined {
	if (field.type !== 'list') return startRow(field);
	if (!field.required && field.name !== provider.promptField) return undefined;
	const item = (field.items ?? []).flatMap((inner) => {
		const row = startRow(inner);
		return row ? [[inner.name, row] as const] : [];
	});
	return { type: 'list', value: [Object.fromEntries(item)] };
}

function about(provider: EditorProvider): JQuery {
	const link = $('<a target="_blank" rel="noopener"></a>')
		.attr('href', provider.documentationUrl)
		.text(t('text-to-video-account.tip.documentation'));
	return $('<div class="ttv-about"></div>')
		.append(
			$('<b>').text(provider.title),
			' · ',
			document.createTextNode(`${word(provider.description)} `),
		)
		.append(link);
}

/** A part that opens with a click or the keyboard. */
function folded(container: JQuery, title: string): { body: JQuery; badge: JQuery } {
	const details = $('<details class="ttv-folded"></details>').appendTo(container);
	const summary = $('<summary></summary>').text(title).appendTo(details);
	const badge = $('<span class="ttv-badge"></span>').appendTo(summary);
	const body = $('<div></div>').appendTo(details);
	return { body, badge };
}

/** For the `validate` of a definition: true, or what is wrong in words. */
export function validateFields(node: EditorNode, rows: unknown): true | string {
	const provider = providerOfAccount(node.account);
	// Without an account that is what is wrong, and its own property says so.
	if (!provider) return true;
	const given = (rows ?? {}) as Record<string, EditorRow>;
	const found = errorsIn(fieldsFor(provider, given), given, provider.promptField);
	return found.length === 0 ? true : found.join('\n');
}
