/** What becomes of the video: the same part in every node that can give one. */
import { isFromEnvironment } from './check';
import { t } from './i18n';

export function outputForm(): void {
	const output = $('#node-input-output');
	const filename = $('#node-input-filename');
	startWith(output, 'job');
	filename.typedInput({
		default: 'msg',
		types: ['msg', 'str', 'flow', 'global', 'jsonata', 'env'],
		typeField: $('#node-input-filenameType'),
	});
	const show = () => {
		const mode = String(output.val());
		$('.ttv-when-file').toggle(mode === 'file');
		$('.ttv-when-video').toggle(mode !== 'job');
		$('#node-input-maximumSize').attr('placeholder', mode === 'buffer' ? '64' : '2048');
	};
	output.on('change', show);
	show();
}

/** A node that another tool wrote may leave out what is usual. */
export function startWith(select: JQuery, usual: string): void {
	if (!select.val()) select.val(usual);
}

/** For the `validate` of the output: a stream has one reader. */
export function validateOutput(node: EditorNode, value: unknown): true | string {
	return value !== 'stream' || RED.nodes.filterLinks({ source: node }).length <= 1
		? true
		: t('editor.stream-one-wire');
}

export function validateFilename(node: EditorNode, value: unknown): true | string {
	return node.output !== 'file' || String(value ?? '').trim() !== ''
		? true
		: t('editor.file-missing');
}

/** Blank, or a number, 0 or more. */
export const validateMinutes = (value: unknown): true | string =>
	value === undefined ||
	value === null ||
	value === '' ||
	isFromEnvironment(value) ||
	Number(value) >= 0
		? true
		: t('editor.minutes-wrong');

/** Blank, or an amount in USD, 0 or more. */
export const validateMoney = (value: unknown): true | string =>
	validateMinutes(value) === true ? true : t('editor.money-wrong');

/** Blank, or a number above zero. */
export const isAmount = (value: unknown): boolean =>
	value === undefined ||
	value === null ||
	value === '' ||
	isFromEnvironment(value) ||
	Number(value) > 0;
