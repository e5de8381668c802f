/** From the editor's rows and a message to the raw field values that `validate` judges. */
import type { Provider } from '../../../providers/contract';
import { fieldsOf, type Field } from '../../../providers/schema/fields';
import { isFieldOfSomeModel, ofModel } from '../../../providers/schema/ofModel';
import { isObject } from '../../../providers/schema/wire';
import { refused, shown } from '../messages/errors';
import { evaluate, nameOf, type Source } from './evaluate';
import { withMediaFiles } from './mediaFiles';
import { payloadFields } from './payloadFields';
import { isLiteral, savedRows, takesWholePayload, withPrompt, type Row, type Rows } from './rows';

/** Mustache, as some of Node-RED's own nodes fill it in. Weights such as `{{masterpiece}}` look different. */
const TEMPLATE = /\{\{\{?\s*(payload|msg|topic|flow|global|env)\b[^{}]*\}\}/;

export interface RawValues {
	/** By field name. */
	values: Record<string, unknown>;
	/** The payload is an object that nothing was taken from. */
	payloadUnused?: true;
}

/**
 * @returns raw values by field name; a payload that is an object of fields goes before the rows
 * @throws JobError where a row can not be evaluated
 */
export async function readValues(
	source: Source,
	provider: Provider,
	saved: Record<string, unknown>,
): Promise<RawValues> {
	const rows = savedRows(saved);
	const asked = ofModel(provider, await modelNamed(source, provider, rows));
	const fields = fieldsOf(asked.request);
	const complete = withPrompt(fields, rows);
	const given = payloadFields(source.msg.payload, fields, complete);
	const overrides = given?.values ?? {};
	const values: Record<string, unknown> = foreignRows(provider, asked, rows);
	for (const field of fields) {
		const row = complete[field.name];
		if (!row || Object.hasOwn(overrides, field.name)) continue;
		const value = await readRow(source, field, row, given !== undefined);
		if (value !== undefined) values[field.name] = value;
	}
	const all = await withMediaFiles(source, fields, { ...values, ...overrides });
	return {
		values: all,
		...(given?.unused ? { payloadUnused: true } : {}),
	};
}

/** The model that the rows or the payload name, on which the fields depend. */
async function modelNamed(source: Source, provider: Provider, rows: Rows) {
	const name = provider.models?.field;
	const field = fieldsOf(provider.request).find((one) => one.name === name);
	if (!field) return {};
	const { payload } = source.msg;
	const inPayload = isObject(payload) ? payload[field.name] : undefined;
	const row = rows[field.name];
	const value = inPayload ?? (row && (await readRow(source, field, row, false)));
	return { [field.name]: value };
}

/** Rows of fields that other models have and the chosen one lacks: told by `validate`, not dropped. */
function foreignRows(provider: Provider, asked: Provider, rows: Rows): Record<string, unknown> {
	const own = new Set(fieldsOf(asked.request).map(({ name }) => name));
	const foreign = Object.keys(rows).filter(
		(name) => !own.has(name) && isFieldOfSomeModel(provider, name),
	);
	return Object.fromEntries(foreign.map((name) => [name, rows[name]!.value]));
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
	if (takesWholePayload(field, row)) {
		// An object of fields is no value of the one field that would take the whole payload.
		return payloadIsFields ? undefined : textOnly(source, field, source.msg.payload);
	}
	const text = String(row.value);
	if (isLiteral(row)) {
		checkTemplate(source, field, text);
		return row.value;
	}
	return await evaluate(source, field, row.type, text);
}

/** A template that nobody fills in would be paid for as it stands. What comes in a message is meant as it is. */
function checkTemplate({ t, RED }: Source, field: Field, text: string): void {
	const found = TEMPLATE.exec(text)?.[0];
	if (found === undefined) return;
	throw refused(
		t('error.template', { field: nameOf(RED, field), value: found }),
		t('advice.template'),
	);
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
