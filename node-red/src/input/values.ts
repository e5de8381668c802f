/** From the editor's rows and a message to the raw field values that `validate` judges. */
import type { Node, NodeAPI } from 'node-red';
import type { Provider } from '../../../providers/contract';
import { fieldsOf, type Field } from '../../../providers/schema/fields';
import { isJob } from '../../../jobs/resolveJob';
import { isObject } from '../../../providers/schema/wire';
import type { Message } from '../messages/message';
import { refused } from '../messages/errors';
import { word, type Translate } from '../i18n/translate';

/** One row as the editor saves it. `list`: rows of rows. */
export type Row =
	{ type: 'list'; value: Array<Record<string, Row>> } | { type: string; value: string };
export type Rows = Record<string, Row>;

const LITERALS = new Set(['str', 'num', 'bool', 'json']);
/** The row that takes the prompt from the message, which is what the editor starts with. */
const FROM_PAYLOAD = { type: 'msg', value: 'payload' };

export interface Source {
	RED: NodeAPI;
	node: Node;
	msg: Message;
	t: Translate;
}

/**
 * @returns raw values by field name; a payload that is an object of fields goes before the rows
 * @throws JobError where a row can not be evaluated
 */
export async function readValues(
	source: Source,
	provider: Provider,
	rows: Rows,
): Promise<Record<string, unknown>> {
	const fields = fieldsOf(provider.request);
	const complete = withPrompt(fields, rows);
	const { payload } = source.msg;
	const fieldsGiven =
		isObject(payload) && !Buffer.isBuffer(payload) && !isJob(payload) ? payload : undefined;
	const overrides = fieldsGiven && takesPayload(fields, complete) ? fieldsGiven : {};
	const values: Record<string, unknown> = {};
	for (const field of fields) {
		const row = complete[field.name];
		if (!row || Object.hasOwn(overrides, field.name)) continue;
		const value = await readRow(source, field, row, fieldsGiven !== undefined);
		if (value !== undefined) values[field.name] = value;
	}
	return { ...values, ...overrides };
}

async function readRow(
	source: Source,
	field: Field,
	row: Row,
	payloadIsFields: boolean,
): Promise<unknown> {
	if (row.type === 'list' && Array.isArray(row.value)) {
		const items = [];
		for (const item of row.value) {
			const values: Record<string, unknown> = {};
			for (const inner of field.items ?? []) {
				const innerRow = item[inner.name];
				const value = innerRow && (await readRow(source, inner, innerRow, payloadIsFields));
				if (value !== undefined) values[inner.name] = value;
			}
			items.push(values);
		}
		return items;
	}
	if (isPrompt(field, row)) {
		// An object of fields is no value of the one field that would take the whole payload.
		return payloadIsFields ? undefined : textOnly(source, field, source.msg.payload);
	}
	if (LITERALS.has(row.type)) return row.value;
	return await evaluate(source, field, row.type, String(row.value));
}

/** Inject sends the time of day by default; nobody wants to pay for a video of that. */
function textOnly({ t, RED }: Source, field: Field, value: unknown): unknown {
	if (value === undefined || value === null || typeof value === 'string') return value;
	throw refused(
		t('error.payload-not-text', {
			field: nameOf(RED, field),
			value: shown(value),
			kind: Buffer.isBuffer(value) ? 'Buffer' : Array.isArray(value) ? 'array' : typeof value,
		}),
		t('advice.payload-not-text'),
	);
}

/** Evaluates one typed input. */
export async function evaluate(
	{ RED, node, msg, t }: Source,
	field: { name: string; title: string },
	type: string,
	value: string,
): Promise<unknown> {
	try {
		return await new Promise((resolve, reject) => {
			RED.util.evaluateNodeProperty(value, type, node, msg, (error, result) =>
				error ? reject(error) : resolve(result),
			);
		});
	} catch (error) {
		const reason = error instanceof Error ? error.message : shown(error);
		throw refused(
			t('error.not-evaluated', { field: nameOf(RED, field), value, reason }),
			t('advice.not-evaluated'),
		);
	}
}

const nameOf = (RED: NodeAPI, { title, name }: { title: string; name: string }): string =>
	`${word(RED, title)} (${name})`;

/** A node without rows, such as one that another tool wrote, takes the prompt from the payload too. */
function withPrompt(fields: Field[], rows: Rows): Rows {
	const field = promptField(fields);
	if (!field || rows[field.name]) return rows;
	if (field.type !== 'list') return { ...rows, [field.name]: FROM_PAYLOAD };
	const item: Record<string, Row> = {};
	for (const inner of field.items ?? []) {
		const start = inner.default ?? inner.initial;
		if (inner.name === 'prompt') item[inner.name] = FROM_PAYLOAD;
		else if (start !== undefined) item[inner.name] = { type: 'str', value: String(start) };
	}
	return { ...rows, [field.name]: { type: 'list', value: [item] } };
}

/** The field that says what to show: `prompt`, or the required list whose items have one. */
export const promptField = (fields: Field[]): Field | undefined =>
	fields.find(({ name, type, required }) => name === 'prompt' && type === 'text' && required) ??
	fields.find(
		({ type, required, items }) =>
			type === 'list' && required && items?.some(({ name }) => name === 'prompt'),
	) ??
	fields.find(({ name, type }) => name === 'prompt' && type === 'text');

const isPrompt = (field: Field, row: Row): boolean =>
	field.type === 'text' && row.type === FROM_PAYLOAD.type && row.value === FROM_PAYLOAD.value;

const takesPayload = (fields: Field[], rows: Rows): boolean =>
	fields.some((field) => {
		const row = rows[field.name];
		if (!row) return false;
		if (isPrompt(field, row)) return true;
		return (
			Array.isArray(row.value) && row.value.some((item) => takesPayload(field.items ?? [], item))
		);
	});

function shown(value: unknown): string {
	const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
	return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
