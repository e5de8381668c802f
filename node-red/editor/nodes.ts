/** The dialogs of the three nodes. */
import { t } from './i18n';
import { fieldsForm, type FieldsForm } from './fields';
import { outputForm, startWith } from './output';
import { dailyLimitOf, providerOfAccount } from './providers';

const accountId = (): unknown => $('#node-input-account').val();

export function openTextToVideo(node: EditorNode): void {
	const form = fieldsForm(
		$('#ttv-fields'),
		(node.fields ?? {}) as Record<string, EditorRow>,
		accountId,
	);
	$('#ttv-fields').data('form', form);
	const show = () => {
		form.draw();
		// One that is on and can not be is in sight, so that it can be switched off.
		const callback = providerOfAccount(accountId())?.callback === true;
		$('.ttv-when-callback').toggle(callback || $('#node-input-callback').prop('checked') === true);
		const mode = $('#node-input-mode').val();
		$('.ttv-when-waiting').toggle(mode === 'wait');
		$('.ttv-when-paying').toggle(mode !== 'estimate');
		const limits = [$('#node-input-maximumCost').val(), dailyLimitOf(accountId())];
		const limited = limits.some((limit) => String(limit ?? '').trim() !== '');
		$('.ttv-when-limited').toggle(mode !== 'estimate' && limited);
		$('.ttv-when-fetching').toggle(mode !== 'estimate');
		if (mode === 'estimate') $('.ttv-when-file, .ttv-when-video').hide();
		else $('#node-input-output').trigger('change');
	};
	startWith($('#node-input-mode'), 'wait');
	startWith($('#node-input-unpriced'), 'refuse');
	$('#node-input-maximumCost').on('input change', show);
	$('#node-input-account').on('change', show);
	$('#node-input-mode').on('change', show);
	outputForm();
	show();
}

export function saveTextToVideo(node: EditorNode): void {
	const form = $('#ttv-fields').data('form') as FieldsForm;
	// Without an account there are no rows to read, and what was set before stays.
	if (providerOfAccount(accountId())) node.fields = form.read();
}

export function openResult(): void {
	$('#node-input-jobId').typedInput({
		default: 'msg',
		types: ['msg', 'str', 'flow', 'global', 'jsonata', 'env'],
		typeField: $('#node-input-jobIdType'),
	});
	const show = () => {
		const operation = String($('#node-input-operation').val());
		$('.ttv-when-waiting').toggle(operation === 'wait');
		const fetches = operation === 'wait' || operation === 'ask';
		$('.ttv-when-fetching').toggle(fetches);
		$('.ttv-when-job').toggle(fetches || operation === 'cancel');
		$('.ttv-when-finding').toggle(operation === 'find');
		if (!fetches) $('.ttv-when-file, .ttv-when-video').hide();
		else $('#node-input-output').trigger('change');
	};
	startWith($('#node-input-operation'), 'wait');
	outputForm();
	$('#node-input-operation').on('change', show);
	show();
}

export function openWebhook(node: EditorNode): void {
	const chosen = (node.events ?? []) as string[];
	$('.ttv-event').each((_index, box) => {
		$(box).prop('checked', chosen.includes(String($(box).val())));
	});
	outputForm();
	const show = () => {
		const provider = providerOfAccount(accountId());
		const silent = provider?.callback === false;
		$('.ttv-webhook-address').toggle(!silent);
		$('.ttv-webhook-silent')
			.toggle(silent)
			.text(t('editor.webhook-no-callbacks', { provider: provider?.title ?? '' }));
	};
	$('#node-input-account').on('change', show);
	show();
}

export function saveWebhook(node: EditorNode): void {
	node.events = $('.ttv-event:checked')
		.toArray()
		.map((box) => String($(box).val()));
}
