/** Texts of fields that take files, changed one by one; lists and lists of objects hold such fields too. Pure. */
import type { Field } from './fields';
import { isObject } from './wire';

/** @param change gets what a host found in the field, whatever it is */
export function mapMedia(
	fields: Field[],
	values: Record<string, unknown>,
	change: (value: unknown) => unknown,
): Record<string, unknown> {
	const own = fields.filter(
		({ name, media, type }) => values[name] !== undefined && (media || type === 'list'),
	);
	const changed = own.map(
		(field) => [field.name, changedValue(field, values[field.name], change)] as const,
	);
	return { ...values, ...Object.fromEntries(changed) };
}

function changedValue(field: Field, value: unknown, change: (value: unknown) => unknown): unknown {
	if (field.media) return change(value);
	if (!Array.isArray(value)) return value;
	const [only] = field.items ?? [];
	return value.map((item: unknown) => {
		if (isObject(item)) return mapMedia(field.items ?? [], item, change);
		return field.plain && only?.media ? change(item) : item;
	});
}

/** Of the file's bytes, with the type that they show or that somebody gave. */
export const dataUrlOf = (mimeType: string, bytes: Uint8Array): string =>
	`data:${mimeType};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}`;
