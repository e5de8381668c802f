/** The list of models under a field, asked of the runtime, which asks the provider. */
import { t } from './i18n';

interface Choice {
	value: string;
	label: string;
	description?: string;
}
interface Answer {
	models?: Choice[];
	nextCursor?: string;
	problem?: string;
}

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
		for (const choice of answer.models ?? []) list.append(entry(choice, choose));
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
		const answer = await askRuntime(accountId, field.search ?? '', String(query.val()), cursor);
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

function entry({ value, label, description }: Choice, choose: (value: string) => void): JQuery {
	const row = $('<a href="#" role="option" class="ttv-model"></a>').append($('<b>').text(label));
	if (label !== value) row.append($('<span>').text(value));
	if (description) row.append($('<small>').text(description));
	return row.on('click', (event) => {
		event.preventDefault();
		choose(value);
	});
}

const note = (text: string): JQuery => $('<div class="ttv-models-note"></div>').text(text);

async function askRuntime(
	accountId: unknown,
	search: string,
	query: string,
	cursor?: string,
): Promise<Answer> {
	const account = typeof accountId === 'string' ? RED.nodes.node(accountId) : null;
	const apiKey = account?.credentials?.apiKey;
	try {
		return (await $.ajax({
			url: 'text-to-video/models',
			method: 'POST',
			contentType: 'application/json',
			data: JSON.stringify({
				account: account?.id,
				provider: account?.provider,
				baseUrl: account?.baseUrl,
				// A key that was typed and not deployed yet; a deployed one never comes back to the editor.
				...(typeof apiKey === 'string' && apiKey !== '__PWRD__' ? { apiKey } : {}),
				...{ search, query, cursor },
			}),
		})) as Answer;
	} catch (failed) {
		const { responseJSON, statusText } = failed as JQuery.jqXHR;
		return { problem: responseJSON?.problem ?? statusText };
	}
}
