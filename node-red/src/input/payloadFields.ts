/** What an object in `msg.payload` means: fields that go before what is set in the node, or data of the flow's own. Pure. */
import { isJob } from '../../../jobs/resolveJob';
import type { Field } from '../../../providers/schema/fields';
import { isObject } from '../../../providers/schema/wire';
import { picksFromPayload, takesPayload, type Rows } from './rows';

export interface PayloadFields {
	/** Values by field name. Unknown names among them are refused like any others. */
	values: Record<string, unknown>;
	/** No row has any use for the object, and none of its members is a field: nothing of it is sent. */
	unused?: true;
}

/** @returns `undefined` where the payload is no object of fields */
export function payloadFields(
	payload: unknown,
	fields: Field[],
	rows: Rows,
): PayloadFields | undefined {
	if (!isObject(payload) || Buffer.isBuffer(payload) || isJob(payload)) return undefined;
	if (fields.some((field) => takesPayload(field, rows[field.name]))) return { values: payload };
	const picked = fields.filter((field) => picksFromPayload(field, rows[field.name]));
	// A row that works with the payload says best what becomes of it.
	const free = fields.filter((field) => !picked.includes(field));
	const meant = free.filter(({ name }) => Object.hasOwn(payload, name)).map(({ name }) => name);
	const all: Record<string, unknown> = payload;
	if (picked.length > 0) {
		return { values: Object.fromEntries(meant.map((name) => [name, all[name]])) };
	}
	return meant.length > 0 ? { values: all } : { values: {}, unused: true };
}
