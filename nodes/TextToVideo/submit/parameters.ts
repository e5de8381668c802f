/** Field values as a person entered them, for any item of the run. */
import type { IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Provider } from '../../../providers/contract';
import { fieldsOf, isMainField, type Field } from '../../../providers/schema/fields';
import { isObject } from '../../../providers/schema/wire';
import { ADDITIONAL_FIELDS, GROUP_ITEMS } from '../fieldProperties';

/**
 * The same context as seen from another item. n8n gives a declarative node one context an item; the whole run is
 * validated from the first one, before anything is sent.
 */
export const contextOfItem = <T extends IExecuteSingleFunctions>(
	context: T,
	itemIndex: number,
): T => Object.create(context, { itemIndex: { value: itemIndex } }) as T;

export function itemCount(context: IExecuteSingleFunctions): number {
	const items = inputItems(context).length;
	return context.getNode().executeOnce === true ? Math.min(items, 1) : items;
}

/** n8n's own item objects, which it keeps while an execution sleeps. */
export function inputItems(context: IExecuteSingleFunctions): INodeExecutionData[] {
	const { data } = context.getExecuteData();
	const connection = data.main ?? Object.values(data)[0];
	return connection?.[0] ?? [{ json: {} }];
}

/** Raw field values by field name; only what is set. */
export function readValues(
	context: IExecuteSingleFunctions,
	provider: Provider,
): Record<string, unknown> {
	const fields = fieldsOf(provider.request);
	const additional = context.getNodeParameter(ADDITIONAL_FIELDS, {}) as Record<string, unknown>;
	const values: Record<string, unknown> = {};
	for (const field of fields) {
		const value = isMainField(field)
			? context.getNodeParameter(field.name, '')
			: additional[field.name];
		const plain = plainValue(field, value);
		if (plain !== undefined) values[field.name] = plain;
	}
	return values;
}

function plainValue(field: Field, value: unknown): unknown {
	if (isObject(value) && value.__rl === true) return value.value;
	if (field.type !== 'list') return value;
	const items = isObject(value) ? (value[GROUP_ITEMS] ?? []) : value;
	if (!Array.isArray(items)) return items;
	return items.map((item: unknown) =>
		isObject(item)
			? Object.fromEntries(
					(field.items ?? []).map((inner) => [inner.name, plainValue(inner, item[inner.name])]),
				)
			: item,
	);
}
