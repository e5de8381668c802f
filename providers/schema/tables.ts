/** The field tables of the documents, from the same schemas that the nodes come from. Pure. */
import type { Provider } from '../contract';
import { fieldsOf, type Field } from './fields';
import { wirePath } from './wire';

export interface FieldRow {
	/** For people. */
	title: string;
	/** The API's own name; members of a list as `prompts[].frames`. */
	name: string;
	type: string;
	range: string;
	default: string;
	help: string;
}

export function fieldRows(provider: Provider): FieldRow[] {
	return fieldsOf(provider.request).flatMap((field) => rowsOf(field, ''));
}

function rowsOf(field: Field, prefix: string): FieldRow[] {
	const name = `${prefix}${apiName(field)}`;
	const row = {
		title: field.title,
		name,
		type: typeName(field),
		range: range(field),
		default: defaultText(field),
		help: field.help,
	};
	return [row, ...(field.items ?? []).flatMap((inner) => rowsOf(inner, `${name}[].`))];
}

const apiName = (field: Field): string =>
	field.header ?? (field.unsent || field.spread ? '—' : wirePath(field));

function typeName(field: Field): string {
	switch (field.type) {
		case 'integer':
			return field.as === 'string' ? 'whole number (as text)' : 'whole number';
		case 'number':
			return field.as === 'string' ? 'number (as text)' : 'number';
		case 'boolean':
			return field.as === 'yesNo' ? 'yes / no' : 'true / false';
		case 'text':
			return field.format === 'uri' ? 'web address' : 'text';
		case 'json':
			return 'JSON';
		default:
			return field.type;
	}
}

/** What may be given, in short. */
export function range(field: Field): string {
	const { minimum, maximum, minItems, maxItems, minLength, maxLength, choices } = field;
	if (choices) return choices.map(String).join(', ') + (field.open ? ' or other' : '');
	if (field.type === 'list') return between(minItems, maxItems, ' items');
	if (field.pattern && field.placeholder) return `such as ${field.placeholder}`;
	if (field.type === 'text') return between(maxLength && minLength, maxLength, ' characters');
	const steps = field.step === undefined ? '' : ` in steps of ${field.step}`;
	return `${between(minimum, maximum, '')}${steps}`;
}

function between(least: number | undefined, most: number | undefined, unit: string): string {
	if (least !== undefined && most !== undefined) return `${least} to ${most}${unit}`;
	if (least !== undefined) return `${least}${unit} or more`;
	return most === undefined ? '' : `at most ${most}${unit}`;
}

function defaultText(field: Field): string {
	if (field.default !== undefined) {
		const value = String(field.default);
		return field.always ? `${value} (always sent)` : value;
	}
	return field.required ? 'required' : '';
}

export interface TableOptions {
	/** A column with the help texts. */
	help?: boolean;
}

/** One provider's table in Markdown. */
export function fieldTable(provider: Provider, options: TableOptions = {}): string {
	const cells = fieldRows(provider).map((row) => [
		row.title,
		row.name === '—' ? row.name : `\`${row.name}\``,
		row.type,
		row.range,
		row.default,
		...(options.help ? [row.help] : []),
	]);
	const head = [
		'Field',
		'In the API',
		'Type',
		'Range',
		'Default',
		...(options.help ? ['What it does'] : []),
	];
	return markdownTable([head, ...cells]);
}

/** @param rows the first one is the head */
export function markdownTable([head = [], ...rows]: string[][]): string {
	return [head, head.map(() => '---'), ...rows]
		.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
		.join('\n');
}

/** `POST` and the path that a provider's request goes to. */
export function endpointOf(provider: Provider): string {
	const { method, url } = provider.submitCall;
	return `${method} ${typeof url === 'string' ? url : decodeURIComponent(url({}))}`;
}
