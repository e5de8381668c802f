/** Field values to the wire and back. Pure; the declarative n8n routing is generated to give the same body. */
import type { JsonObject, JsonValue, Provider, RequestValues } from '../contract';
import { fieldsOf, type Field } from './fields';
import { dataUrl } from './media';
import { ofModel } from './ofModel';

export interface WireRequest {
	method: 'POST';
	/** Path on the base URL. */
	url: string;
	headers: Record<string, string>;
	body: JsonObject;
}

/** The request that submits a job with these (validated) values. Holds no key. */
export function buildRequest(provider: Provider, values: RequestValues): WireRequest {
	const { method, url } = provider.submitCall;
	const body: JsonObject = {};
	const headers: Record<string, string> = {};
	for (const field of fieldsOf(ofModel(provider, values).request)) {
		const value = values[field.name];
		if (value === undefined || field.unsent) continue;
		if (field.header) headers[field.header] = String(value);
		else if (field.spread) Object.assign(body, value);
		else putField(body, field, value);
	}
	return { method, url: typeof url === 'string' ? url : url(values), headers, body };
}

/** Puts one field's value into the body. */
function putField(body: JsonObject, field: Field, value: JsonValue): void {
	const sent = toWire(field, value);
	const path = wirePath(field);
	if (path.endsWith('[]') && Array.isArray(sent)) {
		for (const part of sent) setPath(body, path, part);
	} else setPath(body, path, sent);
	for (const [beside, what] of Object.entries(field.with ?? {})) setPath(body, beside, what);
}

/** The field values that a body in this provider's dialect stands for. Not validated; unknown members are left out. */
export function readRequest(provider: Provider, body: unknown): RequestValues {
	const values: RequestValues = {};
	const named = provider.models && {
		[provider.models.field]: getPath(body, provider.models.field),
	};
	for (const field of fieldsOf(ofModel(provider, named ?? {}).request)) {
		if (field.header || field.spread || field.unsent) continue;
		const value = readField(field, body);
		if (value !== undefined && value !== null) values[field.name] = value;
	}
	return values;
}

function readField(field: Field, body: unknown): JsonValue | undefined {
	const path = wirePath(field);
	if (!path.endsWith('[]')) {
		const value = getPath(body, path);
		return value === undefined || value === null ? undefined : fromWire(field, value);
	}
	const parts = getPath(body, path.slice(0, -2));
	const found = (Array.isArray(parts) ? parts : []).flatMap((part) => {
		const value = fromPart(field.part, part);
		return value === undefined ? [] : [value];
	});
	if (field.type === 'list') return found.length > 0 ? found : undefined;
	return found[0];
}

export const wirePath = (field: Field): string => field.wire ?? field.name;

function toWire(field: Field, value: JsonValue): JsonValue {
	if (field.type === 'list' && Array.isArray(value)) {
		return value.map((item) => {
			if (!field.plain) return itemToWire(field.items ?? [], item as JsonObject);
			return field.part === undefined ? item : toPart(field.part, item);
		});
	}
	if (field.part !== undefined) return toPart(field.part, value);
	if (field.as === 'yesNo') return value ? 'yes' : 'no';
	if (field.as === 'string') return String(value);
	return value;
}

function itemToWire(fields: Field[], item: JsonObject): JsonObject {
	const body: JsonObject = {};
	for (const field of fields) {
		const value = item[field.name];
		if (value !== undefined) setPath(body, wirePath(field), toWire(field, value));
	}
	return body;
}

function fromWire(field: Field, value: JsonValue): JsonValue {
	if (field.part !== undefined) return fromPart(field.part, value) ?? value;
	if (field.type === 'list' && Array.isArray(value)) {
		if (field.plain) return value;
		return value.map((item) => {
			const values: JsonObject = {};
			for (const inner of field.items ?? []) {
				const found = getPath(item, wirePath(inner));
				if (found !== undefined && found !== null) values[inner.name] = fromWire(inner, found);
			}
			return values;
		});
	}
	if (field.as === 'yesNo' && typeof value === 'string') {
		if (/^yes$/i.test(value)) return true;
		if (/^no$/i.test(value)) return false;
	}
	if (field.as === 'string' && typeof value === 'string' && isNumeric(value)) return Number(value);
	return value;
}

/** The part that stands for a value: `{"type": "text", "text": "{value}"}` filled in. */
function toPart(part: JsonValue, value: JsonValue): JsonValue {
	if (Array.isArray(part)) return part.map((inner) => toPart(inner, value));
	if (isObject(part)) {
		return Object.fromEntries(
			Object.entries(part).map(([name, inner]) => [name, toPart(inner, value)]),
		);
	}
	const file = typeof value === 'string' ? dataUrl(value) : undefined;
	switch (part) {
		case '{value}':
			return value;
		case '{mimeType}':
			return file?.mimeType ?? '';
		case '{base64}':
			return file?.base64 ?? value;
		default:
			return part;
	}
}

/** The value that a part stands for; nothing where it is another part. */
function fromPart(part: JsonValue | undefined, sent: JsonValue): JsonValue | undefined {
	const found: { value?: JsonValue; mimeType?: JsonValue; base64?: JsonValue } = {};
	if (!matches(part, sent, found)) return undefined;
	if (found.base64 === undefined) return found.value;
	return `data:${String(found.mimeType)};base64,${String(found.base64)}`;
}

function matches(
	part: JsonValue | undefined,
	sent: JsonValue | undefined,
	found: Record<string, JsonValue>,
): boolean {
	if (isObject(part)) {
		return (
			isObject(sent) && Object.keys(part).every((name) => matches(part[name], sent[name], found))
		);
	}
	const slot = typeof part === 'string' ? /^\{(\w+)\}$/.exec(part)?.[1] : undefined;
	if (slot === undefined || sent === undefined) return part === sent;
	found[slot] = sent;
	return true;
}

export const isNumeric = (text: string): boolean =>
	text.trim() !== '' && Number.isFinite(Number(text));

/** `[]` at the end of a path adds to a list. */
function setPath(target: JsonObject, path: string, value: JsonValue): void {
	const keys = keysOf(path);
	let node: JsonObject | JsonValue[] = target;
	for (const [index, key] of keys.entries()) {
		const next = keys[index + 1];
		if (next === undefined) put(node, key, value);
		else node = within(node, key, typeof next === 'number');
	}
}

/** An index past the end of every list stands for `[]`. */
const AFTER_THE_LAST = Infinity;

/** `instances[0].image` as `instances`, 0, `image`. */
const keysOf = (path: string): Array<string | number> =>
	[...path.matchAll(/[^.[\]]+|\[\]/g)].map(([key]) => {
		if (key === '[]') return AFTER_THE_LAST;
		return /^\d+$/.test(key) ? Number(key) : key;
	});

function put(node: JsonObject | JsonValue[], key: string | number, value: JsonValue): void {
	if (Array.isArray(node)) node[Math.min(Number(key), node.length)] = value;
	else node[key] = value;
}

function within(
	node: JsonObject | JsonValue[],
	key: string | number,
	list: boolean,
): JsonObject | JsonValue[] {
	const known = Array.isArray(node) ? node[Number(key)] : node[key];
	if (list ? Array.isArray(known) : isObject(known)) return known as JsonObject | JsonValue[];
	const made: JsonObject | JsonValue[] = list ? [] : {};
	put(node, key, made);
	return made;
}

export function getPath(source: unknown, path: string): JsonValue | undefined {
	let node: unknown = source;
	for (const key of keysOf(path)) {
		if (Array.isArray(node) && typeof key === 'number') node = node[key];
		else if (isObject(node) && Object.hasOwn(node, key)) node = node[key];
		else return undefined;
	}
	return node as JsonValue;
}

export const isObject = (value: unknown): value is JsonObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
