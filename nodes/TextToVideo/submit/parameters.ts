/** Field values as a person entered them, for any item of the run. */
import type { IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Provider } from '../../../providers/contract';
import { fieldsOf, isMainField, type Field } from '../../../providers/schema/fields';
import { isObject } from '../../../providers/schema/wire';
import { ADDITIONAL_FIELDS, GROUP_ITEMS, jsonParameter, listChoice } from '../fieldProperties';

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

export interface Parameters {
	/** Raw field values by field name; only what is set. */
	values: Record<string, unknown>;
	/** What can not be meant, one sentence each. */
	problems: string[];
}

export function readParameters(context: IExecuteSingleFunctions, provider: Provider): Parameters {
	const additional = context.getNodeParameter(ADDITIONAL_FIELDS, {}) as Record<string, unknown>;
	const values: Record<string, unknown> = {};
	const problems: string[] = [];
	for (const field of fieldsOf(provider.request)) {
		const entered: Entered = (name) =>
			isMainField(field) ? context.getNodeParameter(name, '') : additional[name];
		const value =
			field.type === 'list'
				? listValue(field, entered, problems)
				: plainValue(field, entered(field.name));
		if (value !== undefined) values[field.name] = value;
	}
	return { values, problems };
}

type Entered = (parameter: string) => unknown;

/** A required list says how it is given; an optional one is given in whichever of the two places it stands. */
function listValue(field: Field, entered: Entered, problems: string[]): unknown {
	const group = plainValue(field, entered(field.name));
	const json = entered(jsonParameter(field));
	if (isMainField(field)) return entered(listChoice(field)) === 'json' ? json : group;
	if (isEmptyList(json)) return group;
	if (!isEmptyList(group)) problems.push(givenTwice(field));
	return json;
}

const givenTwice = ({ title }: Field): string =>
	`${title} is set twice: by its fields and by ${title} (JSON). Remove one of the two.`;

/** As it is left by someone who sets nothing in it. */
const isEmptyList = (value: unknown): boolean =>
	value === undefined ||
	value === null ||
	(typeof value === 'string' && /^\s*(\[\s*\])?\s*$/.test(value)) ||
	(Array.isArray(value) && value.length === 0);

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
