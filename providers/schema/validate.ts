/** Everything wrong with a request, said before anything is sent. */
import type { JsonObject, JsonValue, Provider, RequestValues, RuleIssue } from '../contract';
import { allowedPhrase, fieldsOf, type Field } from './fields';
import { canCallBack } from '../callbackAddress';
import { normalise } from './normalise';
import { isObject } from './wire';

export interface Issue {
	field: string;
	/** Names field, value and what is allowed. */
	message: string;
}

export type Validation =
	{ values: RequestValues; issues: [] } | { values?: undefined; issues: Issue[] };

const LONGEST_SHOWN_VALUE = 80;

/**
 * Normalises what an editor, an expression or a message gave (numbers as text, yes/no, blanks) and holds it against
 * the provider's documented ranges.
 *
 * @param raw field values by field name; lists as arrays of objects
 */
export function validate(
	provider: Provider,
	raw: Record<string, unknown>,
	baseUrl: string,
): Validation {
	const fields = fieldsOf(provider.request);
	const values = normalise(fields, raw);
	const issues = [
		...unknownFields(fields, raw),
		...schemaIssues(provider, fields, values),
		...fields.flatMap((field) => textIssues(field, values[field.name], field.name, field.title)),
		...callbackIssues(provider, fields, values, baseUrl),
	];
	if (issues.length === 0 && provider.rules) {
		issues.push(...provider.rules(values).map((issue) => ruleIssue(fields, issue)));
	}
	return issues.length === 0 ? { values, issues: [] } : { issues };
}

/** One text for all issues of a request. */
export const issueText = (issues: Issue[]): string =>
	issues.map(({ message }) => message).join('\n');

function unknownFields(fields: Field[], raw: Record<string, unknown>): Issue[] {
	const names = fields.map(({ name }) => name);
	return Object.keys(raw)
		.filter((name) => raw[name] !== undefined && !names.includes(name))
		.map((name) => ({
			field: name,
			message: `There is no field ${name}. The fields are: ${names.join(', ')}.`,
		}));
}

function schemaIssues(provider: Provider, fields: Field[], values: RequestValues): Issue[] {
	const result = provider.request.safeParse(values);
	if (result.success) return [];
	const seen = new Set<string>();
	const issues: Issue[] = [];
	for (const { path, code } of result.error.issues) {
		const at = locate(fields, values, path);
		if (seen.has(at.label)) continue;
		seen.add(at.label);
		issues.push({ field: at.name, message: issueMessage(at, code === 'unrecognized_keys') });
	}
	return issues;
}

interface Place {
	name: string;
	label: string;
	field?: Field;
	value: JsonValue | undefined;
}

function locate(fields: Field[], values: RequestValues, path: PropertyKey[]): Place {
	let value: JsonValue | undefined = values;
	let level = fields;
	let field: Field | undefined;
	let label = '';
	for (const key of path) {
		value = (value as JsonObject | undefined)?.[key as string];
		if (typeof key === 'number') {
			label += ` ${key + 1}`;
			continue;
		}
		field = level.find(({ name }) => name === key);
		label += `${label ? ', ' : ''}${field?.title ?? String(key)}`;
		level = field?.items ?? [];
	}
	return { name: path.map(String).join('.'), label, field, value };
}

function issueMessage({ name, label, field, value }: Place, unknownMember: boolean): string {
	if (unknownMember || !field)
		return `${label || 'The request'}: ${shown(value)} has members that are not known.`;
	if (value === undefined) return `${label} (${name}) is empty. Give ${allowedPhrase(field)}.`;
	return `${label} (${name}) is ${shown(value)}, which is not allowed. Give ${allowedPhrase(field)}.`;
}

function ruleIssue(fields: Field[], { field, value, allowed }: RuleIssue): Issue {
	const title = fields.find(({ name }) => name === field)?.title ?? field;
	return {
		field,
		message: `${title} (${field}) is ${shown(value)}, which is not allowed: ${allowed}.`,
	};
}

/** An expression that reached us as text would be paid for as a prompt. */
function textIssues(
	field: Field,
	value: JsonValue | undefined,
	name: string,
	label: string,
): Issue[] {
	if (field.type === 'list' && Array.isArray(value)) {
		return value.flatMap((item, index) =>
			(field.items ?? []).flatMap((inner) =>
				textIssues(
					inner,
					isObject(item) ? item[inner.name] : undefined,
					`${name}.${index}.${inner.name}`,
					`${label} ${index + 1}, ${inner.title}`,
				),
			),
		);
	}
	const text = typeof value === 'object' ? JSON.stringify(value) : value;
	if (typeof text !== 'string' || !/\{\{[^]*?\}\}/.test(text)) return [];
	return [
		{
			field: name,
			message: `${label} (${name}) is ${shown(value)}, an expression that was not evaluated. Switch the field to Expression, or remove the {{ }}.`,
		},
	];
}

function callbackIssues(
	provider: Provider,
	fields: Field[],
	values: RequestValues,
	baseUrl: string,
): Issue[] {
	const field = fields.find(({ role }) => role === 'callback');
	const value = field && values[field.name];
	if (!field || typeof value !== 'string') return [];
	// A server of one's own may have a tunnel that makes a local address work.
	if (!provider.account.cloud || canCallBack(provider, baseUrl, value)) return [];
	return [
		{
			field: field.name,
			message: `${field.title} (${field.name}) is ${shown(value)}, an address that only this machine or network can reach. ${provider.title} calls back from the internet: give a public address (a tunnel, or the public address of your server).`,
		},
	];
}

function shown(value: JsonValue | undefined): string {
	if (value === undefined) return 'empty';
	const text = JSON.stringify(value);
	return text.length <= LONGEST_SHOWN_VALUE ? text : `${text.slice(0, LONGEST_SHOWN_VALUE)}…`;
}
