/** Field values to the wire and back. Pure; the declarative n8n routing is generated to give the same body. */
import type { JsonObject, JsonValue, Provider, RequestValues } from '../contract';
import { fieldsOf, type Field } from './fields';

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
	for (const field of fieldsOf(provider.request)) {
		const value = values[field.name];
		if (value === undefined || field.unsent) continue;
		if (field.header) headers[field.header] = String(value);
		else if (field.spread) Object.assign(body, value);
		else setPath(body, wirePath(field), toWire(field, value));
	}
	return { method, url: typeof url === 'string' ? url : url(values), headers, body };
}

/** The field values that a body in this provider's dialect stands for. Not validated; unknown members are left out. */
export function readRequest(provider: Provider, body: unknown): RequestValues {
	const values: RequestValues = {};
	for (const field of fieldsOf(provider.request)) {
		if (field.header || field.spread || field.unsent) continue;
		const value = getPath(body, wirePath(field));
		if (value === undefined || value === null) continue;
		values[field.name] = fromWire(field, value);
	}
	return values;
}

export const wirePath = (field: Field): string => field.wire ?? field.name;

function toWire(field: Field, value: JsonValue): JsonValue {
	if (field.type === 'list' && Array.isArray(value)) {
		return value.map((item) => itemToWire(field.items ?? [], item as JsonObject));
	}
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
	if (field.type === 'list' && Array.isArray(value)) {
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

export const isNumeric = (text: string): boolean =>
	text.trim() !== '' && Number.isFinite(Number(text));

export function setPath(target: JsonObject, path: string, value: JsonValue): void {
	const keys = path.split('.');
	const last = keys.pop() as string;
	let node = target;
	for (const key of keys) {
		const next = node[key];
		if (isObject(next)) node = next;
		else node = node[key] = {};
	}
	node[last] = value;
}

export function getPath(source: unknown, path: string): JsonValue | undefined {
	let node: unknown = source;
	for (const key of path.split('.')) {
		if (!isObject(node) || !Object.hasOwn(node, key)) return undefined;
		node = node[key];
	}
	return node as JsonValue;
}

export const isObject = (value: unknown): value is JsonObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
