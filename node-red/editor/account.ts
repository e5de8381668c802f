/** The dialog of the account. */
import { askRuntime, type Answer } from './askRuntime';
import { isFromEnvironment } from './check';
import { t, word } from './i18n';
import { providerOf } from './providers';

export function accountForm(node: EditorNode): void {
	const select = $('#node-config-input-provider');
	const sorted = [...textToVideoProviders].sort((a, b) => a.title.localeCompare(b.title));
	for (const { id, title } of sorted) $('<option>').val(id).text(title).appendTo(select);
	const saved = providerOf(node.provider)?.id ?? textToVideoProviders[0]?.id ?? '';
	select.val(saved);
	const show = () => {
		const provider = providerOf(select.val());
		if (!provider) return;
		$('#ttv-account-about')
			.empty()
			.append(document.createTextNode(`${word(provider.description)} `))
			.append(
				$('<a target="_blank" rel="noopener"></a>')
					.attr('href', provider.documentationUrl)
					.text(t('text-to-video-account.tip.documentation')),
			);
		$('#node-config-input-baseUrl').attr('placeholder', provider.defaultBaseUrl);
		$('#node-config-input-apiKey').attr(
			'placeholder',
			provider.needsKey ? '' : t('text-to-video-account.placeholder.optional-key'),
		);
		$('.ttv-callbacks').toggle(provider.callback);
		$('.ttv-signed').toggle(provider.signsCallbacks);
	};
	select.on('change', show);
	show();
	if (!node.credentials?.has_callbackToken && !node.credentials?.callbackToken) {
		$('#node-config-input-callbackToken').val(newToken());
	}
	showCallbackUrl(node);
	checkButton(node);
}

/** What the account holds, with the key and the address that stand in the dialog. */
function checkButton(node: EditorNode): void {
	const shown = $('#ttv-account-state');
	$('#ttv-account-check').on('click', (event) => {
		event.preventDefault();
		shown.text(t('text-to-video-account.tip.checking'));
		const typed = String($('#node-config-input-apiKey').val() ?? '');
		const account = {
			id: node.id,
			provider: $('#node-config-input-provider').val(),
			baseUrl: $('#node-config-input-baseUrl').val(),
			credentials: typed === '' ? {} : { apiKey: typed },
		};
		void askRuntime('account', account).then((answer) => shown.text(stateText(answer)));
	});
}

function stateText({ state, problem }: Answer): string {
	if (!state) return problem ?? '';
	const { balance, currency = '', queued, hint } = state;
	const parts = [
		...(balance === undefined
			? []
			: [t('text-to-video-account.state.balance', { amount: balance, currency })]),
		...(queued === undefined ? [] : [t('text-to-video-account.state.queued', { n: queued })]),
		...(hint === undefined ? [] : [hint]),
	];
	return parts.join(' ');
}

/** 192 random bits; whoever does not know them can not reach the callback address. */
function newToken(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(24));
	return btoa(String.fromCharCode(...bytes))
		.replace(/\+/g, '-')
		.replace(/\//g, '_');
}

function showCallbackUrl(node: EditorNode): void {
	const field = $('#ttv-callback-url');
	const publicUrl = $('#node-config-input-callbackBaseUrl');
	const hint = () => {
		const needed = String(publicUrl.val() ?? '').trim() === '' ? 'no-public-url' : 'not-deployed';
		field.attr('placeholder', t(`text-to-video-account.tip.${needed}`));
	};
	publicUrl.on('input change', hint);
	hint();
	$.getJSON(`text-to-video/accounts/${node.id}`).then(
		({ callbackUrl }: { callbackUrl: string | null }) => field.val(callbackUrl ?? ''),
		() => undefined,
	);
	$('#ttv-callback-copy').on('click', (event) => {
		event.preventDefault();
		field.trigger('select');
		document.execCommand('copy');
	});
}

export const isWebAddress = (value: unknown): true | string =>
	value === undefined ||
	value === '' ||
	isFromEnvironment(value) ||
	/^https?:\/\/[^\s/]+/i.test(String(value))
		? true
		: t('text-to-video-account.problem.url');
