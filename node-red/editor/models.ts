/** The list of models under a field, asked of the runtime, which asks the provider. */
import { askRuntime, type Answer } from './askRuntime';
import { t } from './i18n';

/** @param accountId read when the button is pressed: the account may have changed since */
export function searchButton(input: JQuery, field: EditorField, accountId: () => unknown): JQuery {
	const button = $('<button type="button" class="red-ui-button ttv-search"></button>')
		.append('<i class="fa fa-search"></i>')
		.attr('aria-label', t('editor.search'));
	RED.popover.tooltip(button, t('editor.search'));
	return button.on('click', (event) => {
		event.preventDefault();
		openList(button, input, field, accountId());
	});
}

function openList(button: JQuery, input: JQuery, field: EditorField, accountId: unknown): void {
	const content = $('<div class="ttv-models"></div>');
	const query = $('<input type="text">').attr('placeholder', t('editor.search')).appendTo(content);
	const list = $('<div class="ttv-models-list" role="listbox"></div>').appendTo(content);
	const panel = RED.popover.panel(content);
	let newest = 0;
	let timer: number | undefined;

	const choose = (value: string) => {
		input.typedInput('type', 'str');
		input.typedInput('value', value);
		panel.hide();
	};
	const show = (answer: Answer, more: boolean) => {
		if (!more) list.empty();
		list.find('.ttv-models-note').remove();
		const models = answer.models ?? [];
		for (const choice of models) list.append(entry(choice, choose));
		void showPrices(
			list,
			accountId,
			models.map(({ value }) => value),
		);
		if (answer.problem) list.append(note(t('editor.search-failed', { reason: answer.problem })));
		else if (list.is(':empty')) list.append(note(t('editor.nothing-found')));
		const { nextCursor } = answer;
		if (nextCursor) {
			$('<button type="button" class="red-ui-button ttv-models-note"></button>')
				.text(t('editor.more-models'))
				.on('click', () => void ask(nextCursor))
				.appendTo(list);
		}
	};
	const ask = async (cursor?: string) => {
		const mine = (newest += 1);
		if (!cursor) list.empty().append(note(t('editor.searching')));
		const search = field.search ?? '';
		const answer = await askRuntime('models', accountId, { search, query: query.val(), cursor });
		// An older answer that comes late says nothing about what is typed now.
		if (mine === newest) show(answer, cursor !== undefined);
	};
	query.on('input', () => {
		window.clearTimeout(timer);
		timer = window.setTimeout(() => void ask(), 300);
	});
	panel.show({ target: button, align: 'left', offset: [button.outerWidth() ?? 0, 2] });
	query.trigger('focus');
	void ask();
}

function entry(
	{ value, label, description }: NonNullable<Answer['models']>[number],
	choose: (value: string) => void,
): JQuery {
	const row = $('<a href="#" role="option" class="ttv-model"></a>')
		.attr('data-model', value)
		.append($('<b>').text(label));
	if (label !== value) row.append($('<span>').text(value));
	if (description) row.append($('<small>').text(description));
	return row.on('click', (event) => {
		event.preventDefault();
		choose(value);
	});
}

/** Asked for when the list is there, which must not wait for it, and each time anew, for prices change. */
async function showPrices(list: JQuery, accountId: unknown, models: string[]): Promise<void> {
	if (models.length === 0) return;
	const { prices = {} } = await askRuntime('prices', accountId, { models });
	list.find('.ttv-model').each((_index, row) => {
		const price = prices[$(row).attr('data-model') ?? ''];
		if (price === undefined || $(row).find('.ttv-price').length > 0) return;
		$('<small class="ttv-price"></small>').text(t('editor.price', { price })).appendTo($(row));
	});
}

const note = (text: string): JQuery => $('<div class="ttv-models-note"></div>').text(text);
