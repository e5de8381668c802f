/** The editor's rows, as a node saves them. Pure. */
import type { Field } from '../../../providers/schema/fields';
import { isObject } from '../../../providers/schema/wire';
import { promptField } from './promptField';

/** One row. `list`: rows of rows. */
export type Row =
	{ type: 'list'; value: Array<Record<string, Row>> } | { type: string; value: string };
export type Rows = Record<string, Row>;

const LITERALS = new Set(['str', 'num', 'bool', 'json']);
/** The row that takes the prompt from the message, which is what the editor starts with. */
const FROM_PAYLOAD = { type: 'msg', value: 'payload' };

export const isLiteral = ({ type }: Row): boolean => LITERALS.has(type);

/** A flow that a person or another tool wrote may hold a value where the editor saves a row: it is meant as it stands. */
export const savedRows = (saved: Record<string, unknown>): Rows =>
	Object.fromEntries(
		Object.entries(saved)
			.filter(([, row]) => row !== undefined && row !== null)
			.map(([name, row]) => [name, savedRow(row)]),
	);

function savedRow(saved: unknown): Row {
	if (isObject(saved) && typeof saved.type === 'string' && 'value' in saved) {
		const { type, value } = saved;
		return type === 'list' && Array.isArray(value)
			? { type, value: value.filter(isObject).map(savedRows) }
			: { type, value: value as string };
	}
	return typeof saved === 'object'
		? { type: 'json', value: JSON.stringify(saved) }
		: { type: 'str', value: String(saved) };
}

/** A node without rows, such as one that another tool wrote, takes the prompt from the payload too. */
export function withPrompt(fields: Field[], rows: Rows): Rows {
	const field = promptField(fields);
	if (!field || rows[field.name]) return rows;
	// Some models take a list of shots instead.
	if (!field.required && Object.keys(rows).length > 0) return rows;
	if (field.type !== 'list') return { ...rows, [field.name]: FROM_PAYLOAD };
	const item: Record<string, Row> = {};
	for (const inner of field.items ?? []) {
		const start = inner.default ?? inner.initial;
		if (inner.name === 'prompt') item[inner.name] = FROM_PAYLOAD;
		else if (start !== undefined) item[inner.name] = { type: 'str', value: String(start) };
	}
	return { ...rows, [field.name]: { type: 'list', value: [item] } };
}

/** Whether the row gives a text that is the whole payload. */
export const takesWholePayload = (field: Field, row: Row): boolean =>
	field.type === 'text' && row.type === FROM_PAYLOAD.type && row.value === FROM_PAYLOAD.value;

/** Whether the row, or one inside it, takes the whole payload. */
export const takesPayload = (field: Field, row: Row | undefined): boolean =>
	row !== undefined &&
	(takesWholePayload(field, row) ||
		innerRows(field, row).some(([inner, innerRow]) => takesPayload(inner, innerRow)));

/** Whether the row, or one inside it, picks something out of the payload, which is data of the flow's own then. */
export function picksFromPayload(field: Field, row: Row | undefined): boolean {
	if (!row || takesWholePayload(field, row)) return false;
	if (Array.isArray(row.value)) {
		return innerRows(field, row).some(([inner, innerRow]) => picksFromPayload(inner, innerRow));
	}
	if (row.type === 'msg') return /^payload\b/.test(row.value);
	return row.type === 'jsonata' && /\bpayload\b/.test(row.value);
}

const innerRows = (field: Field, row: Row): Array<[Field, Row]> =>
	Array.isArray(row.value)
		? row.value.flatMap((item) =>
				(field.items ?? []).flatMap((inner): Array<[Field, Row]> => {
					const innerRow = item[inner.name];
					return innerRow ? [[inner, innerRow]] : [];
				}),
			)
		: [];
