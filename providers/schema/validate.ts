/** Everything wrong with a request, said before anything is sent. */
import type { JsonObject, JsonValue, Provider, RequestValues, RuleIssue } from '../contract';
import { allowedPhrase, fieldsOf, memberNames, type Field } from './fields';
import { canCallBack } from '../callbackAddress';
import { isLocalUrl } from '../hosts';
import { placeholderIn } from '../placeholder';
import { isCircular } from './circular';
import { mediaIssues } from './media';
import { normalise } from './normalise';
import { ofModel } from './ofModel';

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
 * @param hostFile what the host takes for a picture, a video or a sound beside an address and a data URL
 */
export function validate(
	declared: Provider,
	raw: Record<string, unknown>,
	baseUrl: string,
	hostFile = 'the name of a file that comes with the input',
): Validation {
	const provider = ofModel(declared, raw);
	const fields = fieldsOf(provider.request);
	const circular = circularIssues(fields, raw);
	if (circular.length > 0) return { issues: circular };
	const values = normalise(fields, raw);
	const issues = [
		...unknownFields(provider, fields, raw),
		...schemaIssues(provider, fields, values),
		...callbackIssues(provider, fields, values, baseUrl),
		...placeholderIssues(fields, values),
		...unreachableIssues(provider, fields, values, baseUrl),
	];
	if (issues.length === 0) {
		const told = [
			...(provider.rules?.(values) ?? []),
			...fields.flatMap((field) => mediaIssues(field, values[field.name], hostFile)),
		];
		issues.push(...told.map((issue) => ruleIssue(fields, issue)));
	}
	return issues.length === 0 ? { values, issues: [] } : { issues };
}

/** One text for all issues of a request. */
export const issueText = (issues: Issue[]): string =>
	issues.map(({ message }) => message).join('\n');

function circularIssues(fields: Field[], raw: Record<string, unknown>): Issue[] {
	return fields
		.filter(({ name }) => isCircular(raw[name]))
		.map((field) => ({
			field: field.name,
			message: `${field.title} (${field.name}) is an object that leads back to itself, as a message's req does. Give ${allowedPhrase(field)}.`,
		}));
}

function unknownFields(
	{ model }: Provider,
	fields: Field[],
	raw: Record<string, unknown>,
): Issue[] {
	const names = fields.map(({ name }) => name);
	const whose = model ? ` of ${model.title}` : '';
	return Object.keys(raw)
		.filter((name) => raw[name] !== undefined && !names.includes(name))
		.map((name) => ({
			field: name,
			message: `There is no field ${name}. The fields${whose} are: ${names.join(', ')}.`,
		}));
}

function schemaIssues(provider: Provider, fields: Field[], values: RequestValues): Issue[] {
	const result = provider.request.safeParse(values);
	if (result.success) return [];
	const seen = new Set<string>();
	const issues: Issue[] = [];
	for (const issue of result.error.issues) {
		const at = locate(fields, values, issue.path);
		if (seen.has(at.label)) continue;
		seen.add(at.label);
		const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
		issues.push({ field: at.name, message: issueMessage(at, unknown) });
	}
	return issues;
}

interface Place {
	name: string;
	label: string;
	field?: Field;
	/** One item of the list that the field is. */
	isItem: boolean;
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
			if (field?.plain) field = field.items?.[0];
			continue;
		}
		field = level.find(({ name }) => name === key);
		label += `${label ? ', ' : ''}${field?.title ?? String(key)}`;
		level = field?.items ?? [];
	}
	const isItem = typeof path.at(-1) === 'number' && field?.type === 'list';
	return { name: path.map(String).join('.'), label, field, isItem, value };
}

function issueMessage({ name, label, field, isItem, value }: Place, unknown: string[]): string {
	if (!field) return `${label || 'The request'} is ${shown(value)}, which is not known.`;
	if (unknown.length > 0) {
		const names = (field.items ?? []).map((inner) => inner.name).join(', ');
		return `${label} (${name}) has no field ${unknown.join(', ')}. The fields are: ${names}.`;
	}
	const allowed = isItem ? `an object with ${memberNames(field)}` : allowedPhrase(field);
	if (value === undefined) return `${label} (${name}) is empty. Give ${allowed}.`;
	const wrong = field.type === 'text' && notText(value);
	return `${label} (${name}) is ${shown(value)}, which is ${wrong || 'not allowed'}. Give ${allowed}.`;
}

/** What an expression gave in place of a text; a date looks like one where it is shown. */
function notText(value: unknown): string | undefined {
	if (typeof value === 'string') return undefined;
	if (typeof value !== 'object' || value === null) return 'not text';
	if ('toISOString' in value || 'toISO' in value) return 'a date and time, not text';
	return Array.isArray(value) ? 'a list, not text' : 'an object, not text';
}

function ruleIssue(fields: Field[], { field, value, allowed }: RuleIssue): Issue {
	const title = fields.find(({ name }) => name === field)?.title ?? field;
	return {
		field,
		message: `${title} (${field}) is ${shown(value)}, which is not allowed: ${allowed}.`,
	};
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

/** In whichever field an address stands, how deep it may be: what is there goes to that host, or is fetched from it. */
function placeholderIssues(fields: Field[], values: RequestValues): Issue[] {
	return fields.flatMap((field) => {
		const found = addressesIn(values[field.name]).find((address) => placeholderIn(address));
		return found === undefined ? [] : [placeholderIssue(field, found)];
	});
}

const placeholderIssue = ({ name, title }: Field, address: string): Issue => ({
	field: name,
	message: `${title} (${name}) is ${shown(address)}, in which ${shown(placeholderIn(address))} only holds the place of your own address. Put yours there, or leave the field empty if it may be.`,
});

/** A job whose picture its provider can not fetch fails, and may cost money all the same. */
function unreachableIssues(
	{ account, title }: Provider,
	fields: Field[],
	values: RequestValues,
	baseUrl: string,
): Issue[] {
	if (!account.cloud || isLocalUrl(baseUrl)) return [];
	return fields.filter(hasMedia).flatMap((field) => {
		const local = addressesIn(values[field.name]).find(isLocalUrl);
		if (local === undefined) return [];
		const message = `${field.title} (${field.name}) is ${shown(local)}, an address that only this machine or network can reach. ${title} fetches it from the internet: give a public address.`;
		return [{ field: field.name, message }];
	});
}

const hasMedia = ({ media, items = [] }: Field): boolean =>
	media !== undefined || items.some(hasMedia);

function addressesIn(value: JsonValue | undefined): string[] {
	if (typeof value === 'string') return /^\s*[a-z][a-z0-9+.-]*:\/\//i.test(value) ? [value] : [];
	return typeof value === 'object' && value !== null
		? Object.values(value).flatMap(addressesIn)
		: [];
}

/** @param value whatever was given: an expression may give what JSON has no form for */
export function shown(value: unknown): string {
	if (value === undefined) return 'empty';
	const text = typeof value === 'number' ? String(value) : asJson(value);
	return text.length <= LONGEST_SHOWN_VALUE ? text : `${text.slice(0, LONGEST_SHOWN_VALUE)}…`;
}

/** Whatever JSON has no form for, as JavaScript names it. */
export function asJson(value: unknown): string {
	try {
		return JSON.stringify(value) ?? String(value);
	} catch {
		return String(value);
	}
}
