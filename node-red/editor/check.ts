/** Whether a row can be right, as far as the editor can know. The runtime checks everything again before it sends. */
import { t, word } from './i18n';
import { isLiteral } from './literals';

/** What is allowed, as a phrase. Empty where anything goes. */
function allowed(field: EditorField): string {
	const { type, minimum: min, maximum: max, minItems, maxItems } = field;
	const values = { min, max };
	switch (type) {
		case 'integer':
		case 'number': {
			if (min !== undefined && max !== undefined) {
				return t(`editor.allowed.${type}-range`, values);
			}
			if (min !== undefined) return t(`editor.allowed.${type}-least`, values);
			if (max !== undefined) return t(`editor.allowed.${type}-most`, values);
			return t(`editor.allowed.${type}`);
		}
		case 'choice':
			return t('editor.allowed.choice', { choices: (field.choices ?? []).join(', ') });
		case 'boolean':
			return t('editor.allowed.boolean');
		case 'json':
			return t('editor.allowed.json');
		case 'list':
			if (minItems && maxItems) {
				return t('editor.allowed.list', { min: minItems, max: maxItems });
			}
			if (minItems) return t('editor.allowed.list-least', { min: minItems });
			return maxItems ? t('editor.allowed.list-most', { max: maxItems }) : '';
		case 'text':
			if (field.format === 'uri') return t('editor.allowed.url');
			if (field.pattern && field.placeholder) {
				return t('editor.allowed.such-as', { example: field.placeholder });
			}
			return field.maxLength === undefined
				? ''
				: t('editor.allowed.length', { max: field.maxLength });
	}
}

/** Ranges stand under a field; the length of a text or the choices of a list need no words. */
export const rangeHint = (field: EditorField): string =>
	field.type === 'integer' || field.type === 'number' || field.type === 'list'
		? allowed(field)
		: '';

export const wrong = (field: EditorField): string =>
	t('editor.wrong', { field: word(field.title), allowed: allowed(field) });

/** A literal value; blank is left to `required`. */
export function literalFits(field: EditorField, text: string): boolean {
	if (text.trim() === '') return true;
	const number = Number(text);
	switch (field.type) {
		case 'integer':
		case 'number':
			return (
				Number.isFinite(number) &&
				(field.type === 'number' || Number.isInteger(number)) &&
				(field.minimum === undefined || number >= field.minimum) &&
				(field.maximum === undefined || number <= field.maximum)
			);
		case 'choice':
			return field.open || (field.choices ?? []).some((choice) => String(choice) === text);
		case 'boolean':
			return /^(true|false|yes|no)$/i.test(text);
		case 'json':
		case 'list':
			return isJson(text);
		case 'text':
			if (field.maxLength !== undefined && text.length > field.maxLength) return false;
			if (field.format === 'uri' && !/^https?:\/\/\S+$/i.test(text)) return false;
			return !field.pattern || new RegExp(field.pattern, 'u').test(text);
	}
}

/** Everything wrong with the rows of a node, in words. Empty where all is well. */
export function errorsIn(
	fields: EditorField[],
	rows: Record<string, EditorRow>,
	promptField?: string,
): string[] {
	return fields.flatMap((field) => {
		const row = rows[field.name];
		if (!row) {
			const needed = field.required && field.name !== promptField;
			return needed ? [t('editor.required', { field: word(field.title) })] : [];
		}
		return errorsOf(field, row);
	});
}

function errorsOf(field: EditorField, row: EditorRow): string[] {
	if (Array.isArray(row.value)) {
		const { minItems = 0, maxItems = Infinity } = field;
		const count = row.value.length;
		const size = count < minItems || count > maxItems ? [wrong(field)] : [];
		return [...size, ...row.value.flatMap((item) => errorsIn(field.items ?? [], item))];
	}
	if (row.value.trim() === '') {
		return field.required ? [t('editor.required', { field: word(field.title) })] : [];
	}
	return isLiteral(row.type) && !literalFits(field, row.value) ? [wrong(field)] : [];
}

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

/** Node-RED puts the value of an environment variable in its place when it starts the node. */
export const isFromEnvironment = (value: unknown): boolean => /^\$\{[^}]+\}$/.test(String(value));
