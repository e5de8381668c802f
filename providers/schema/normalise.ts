/** Field values as an editor, an expression or a message gave them (numbers as text, yes/no, blanks), made plain. */
import type { JsonObject, JsonValue, RequestValues } from '../contract';
import type { Field } from './fields';
import { isBlank, trimmed } from './trimmed';
import { isNumeric, isObject } from './wire';

/** Only what is set, with the defaults that are always sent; what can not be meant stays as it is. */
export function normalise(fields: Field[], raw: Record<string, unknown>): RequestValues {
	const values: RequestValues = {};
	for (const field of fields) {
		const value = normaliseValue(field, raw[field.name]);
		if (value !== undefined) values[field.name] = value;
		else if (field.always && field.default !== undefined) values[field.name] = field.default;
	}
	return values;
}

function normaliseValue(field: Field, raw: unknown): JsonValue | undefined {
	if (isBlank(raw)) return undefined;
	switch (field.type) {
		case 'integer':
		case 'number':
			return typeof raw === 'string' && isNumeric(trimmed(raw))
				? Number(trimmed(raw))
				: (raw as JsonValue);
		case 'boolean':
			return toBoolean(raw);
		case 'choice':
			return choiceMeant(field, raw);
		case 'text': {
			if (typeof raw === 'number') return String(raw);
			// What surrounds a name or an address is no part of it. A prompt is sent as it was written.
			return typeof raw === 'string' && !field.multiline ? trimmed(raw) : (raw as JsonValue);
		}
		case 'json': {
			const value = plainJson(parsed(raw));
			if (isBlank(value)) return undefined;
			return field.spread && isObject(value) ? onlyGiven(value) : value;
		}
		case 'list': {
			const list = parsed(raw);
			if (!Array.isArray(list)) return isBlank(list) ? undefined : list;
			if (list.length === 0) return undefined;
			if (field.plain) return plainItems(field, list);
			return list.map((item) => (isObject(item) ? normaliseItem(field, item) : item));
		}
	}
}

/** The members of an object that stand for fields of their own. */
const onlyGiven = (value: JsonObject): JsonObject =>
	Object.fromEntries(Object.entries(value).filter(([, member]) => !isBlank(member)));

/** As JSON would write it: without members that are undefined, and dates as text. A number that is none stays, to be told. */
function plainJson(value: unknown): JsonValue {
	if (typeof value !== 'object' || value === null) return value as JsonValue;
	if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON() as JsonValue;
	if (Array.isArray(value)) return value.map(plainJson);
	return Object.fromEntries(
		Object.entries(value).flatMap(([name, member]) =>
			member === undefined ? [] : [[name, plainJson(member)]],
		),
	);
}

/** Editors hold a plain value under a name; an empty one is none. */
function plainItems({ items = [] }: Field, list: JsonValue[]): JsonValue | undefined {
	const [inner] = items;
	if (!inner) return list;
	const values = list.flatMap((item) => {
		const value = normaliseValue(inner, isObject(item) ? item[inner.name] : item);
		return value === undefined ? [] : [value];
	});
	return values.length > 0 ? values : undefined;
}

function normaliseItem(field: Field, item: JsonObject): JsonObject {
	const known = normalise(field.items ?? [], item);
	const names = new Set((field.items ?? []).map(({ name }) => name));
	const others = Object.entries(item).filter(([name]) => !names.has(name));
	return { ...known, ...Object.fromEntries(others) };
}

/** The choice itself, or the one that differs in upper and lower case only: tables and forms write "720P". */
function choiceMeant({ choices = [] }: Field, raw: unknown): JsonValue {
	if (typeof raw !== 'string' && typeof raw !== 'number') return raw as JsonValue;
	const text = trimmed(String(raw));
	const alike = choices.filter((choice) => String(choice).toLowerCase() === text.toLowerCase());
	const exact = alike.find((choice) => String(choice) === text);
	return exact ?? (alike.length === 1 ? alike[0]! : raw);
}

function toBoolean(raw: unknown): JsonValue {
	if (typeof raw !== 'string' && typeof raw !== 'number') return raw as JsonValue;
	const word = trimmed(String(raw)).toLowerCase();
	if (['yes', 'true', '1'].includes(word)) return true;
	if (['no', 'false', '0'].includes(word)) return false;
	return raw;
}

function parsed(raw: unknown): JsonValue {
	if (typeof raw !== 'string') return raw as JsonValue;
	try {
		return JSON.parse(trimmed(raw)) as JsonValue;
	} catch {
		return raw;
	}
}
