/** Field values as a person entered them, for any item of the run. */
import type { IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Provider } from '../../../providers/contract';
import { fieldsOf, isMainField, type Field } from '../../../providers/schema/fields';
import { ofModel } from '../../../providers/schema/ofModel';
import { isObject } from '../../../providers/schema/wire';
import { isTool } from '../../shared/tool';
import { unevaluatedIn } from './unevaluated';

/** The collection that holds the optional fields of a provider. */
export const ADDITIONAL_FIELDS = 'additionalFields';
/** n8n keeps the items of a repeated group under a name of their own. */
export const GROUP_ITEMS = 'items';
/** The parameter that takes a list as JSON. n8n drops an expression that is put in place of a group. */
export const jsonParameter = ({ name }: Field): string => `${name}Json`;
/** The parameter that says which of the two a required list is given by. */
export const listChoice = ({ name }: Field): string =>
	`specify${name.charAt(0).toUpperCase()}${name.slice(1)}`;

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
	return context.getNode().executeOnce === true || isTool(context) ? Math.min(items, 1) : items;
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
	const parameters: Record<string, unknown> = context.getNode().parameters;
	const additional = context.getNodeParameter(ADDITIONAL_FIELDS, {}) as Record<string, unknown>;
	const written = parameters[ADDITIONAL_FIELDS];
	const values: Record<string, unknown> = {};
	const problems: string[] = [];
	const fields = fieldsOf(ofModel(provider, modelNamed(context, provider)).request);
	for (const field of fields) {
		const entry: Entry = isMainField(field)
			? {
					value: (name) => context.getNodeParameter(name, ''),
					written: (name) => parameters[name],
				}
			: {
					value: (name) => additional[name],
					written: (name) => (isObject(written) ? written[name] : written),
				};
		const from = sourceOf(field, entry, problems);
		const value = plainValue(field, entry.value(from));
		if (value !== undefined) values[field.name] = value;
		problems.push(...unevaluatedIn(field, value, plainValue(field, entry.written(from))));
	}
	// Where the model comes by expression, n8n keeps what any model has: what this one lacks is told, not dropped.
	const known = new Set(fields.flatMap((field) => [field.name, jsonParameter(field)]));
	for (const [name, value] of Object.entries(additional)) {
		if (provider.models && !known.has(name) && !isEmptyList(value)) values[name] = value;
	}
	return { values, problems };
}

function modelNamed(context: IExecuteSingleFunctions, { models }: Provider) {
	return models ? { [models.field]: unwrapped(context.getNodeParameter(models.field, '')) } : {};
}

interface Entry {
	/** As n8n evaluated it. */
	value(parameter: string): unknown;
	/** As the node's parameters hold it, with the expressions in it. */
	written(parameter: string): unknown;
}

/**
 * The parameter that a field's value stands in. A required list says how it is given; an optional one is given in
 * whichever of the two places is not empty.
 */
function sourceOf(field: Field, { value }: Entry, problems: string[]): string {
	const json = jsonParameter(field);
	if (field.type !== 'list') return field.name;
	if (isMainField(field)) return value(listChoice(field)) === 'json' ? json : field.name;
	if (isEmptyList(value(json))) return field.name;
	if (!isEmptyList(plainValue(field, value(field.name)))) problems.push(givenTwice(field));
	return json;
}

const givenTwice = ({ title }: Field): string =>
	`${title} is set twice: by its fields and by ${title} (JSON). Remove one of the two.`;

/** As it is left by someone who sets nothing in it. */
const isEmptyList = (value: unknown): boolean =>
	value === undefined ||
	value === null ||
	(typeof value === 'string' && /^\s*(\[\s*\]|null|"\s*")?\s*$/.test(value)) ||
	(Array.isArray(value) && value.length === 0);

/** Without n8n's wrappings: what a searchable list chose, and the name under which a group keeps its items. */
function plainValue(field: Field, value: unknown): unknown {
	if (field.type !== 'list') return unwrapped(value);
	// A group that nobody added to is an empty object.
	const isGroup = isObject(value) && (GROUP_ITEMS in value || Object.keys(value).length === 0);
	const items = isGroup ? (value[GROUP_ITEMS] ?? []) : value;
	if (!Array.isArray(items)) return items;
	return items.map((item: unknown) =>
		isObject(item)
			? Object.fromEntries(
					Object.entries(item).map(([name, inner]) => {
						const known = field.items?.find((one) => one.name === name);
						return [name, known ? plainValue(known, inner) : unwrapped(inner)];
					}),
				)
			: item,
	);
}

const unwrapped = (value: unknown): unknown =>
	isObject(value) && value.__rl === true ? value.value : value;
