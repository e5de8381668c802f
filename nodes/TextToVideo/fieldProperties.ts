/** n8n properties from a provider's fields, each with the declarative routing that puts it on the wire. */
import type { INodeProperties, INodePropertyRouting } from 'n8n-workflow';
import type { Provider, ProviderModels } from '../../providers/contract';
import {
	allowedPhrase,
	editorOrder,
	fieldsOf,
	isMainField,
	type Field,
} from '../../providers/schema/fields';
import { modelChoices, modelListOf } from '../../providers/modelChoices';
import { wirePath } from '../../providers/schema/wire';
import { searchMethodName } from '../shared/modelSearch';
import { modelProperties } from './modelProperties';
import { ADDITIONAL_FIELDS, GROUP_ITEMS, jsonParameter, listChoice } from './submit/parameters';

/** Main fields first, the rest under Additional Fields. */
export function fieldProperties(provider: Provider): INodeProperties[] {
	const show = { provider: [provider.id] };
	if (provider.models) return propertiesWithModels(provider, provider.models, show);
	const fields = editorOrder(fieldsOf(provider.request));
	const additional: INodeProperties = {
		displayName: 'Additional Fields',
		name: ADDITIONAL_FIELDS,
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		displayOptions: { show },
		options: fields
			.filter((field) => !isMainField(field))
			.flatMap((field) => additionalProperties(provider, field)),
	};
	const main = fields.filter(isMainField).flatMap((field) => mainProperties(provider, field, show));
	return [...main, additional];
}

const additionalProperties = (provider: Provider, field: Field): INodeProperties[] => [
	property(provider, field),
	...(field.type === 'list' ? [listAsJson(field)] : []),
];

/** The same for a provider whose models have fields of their own. */
function propertiesWithModels(
	provider: Provider,
	models: ProviderModels,
	show: Record<string, string[]>,
): INodeProperties[] {
	// What the rest depends on has no condition of its own, and comes first.
	const isNaming = ({ name }: Field) => name === models.field;
	const naming = fieldsOf(provider.request).filter(isNaming);
	const main = modelProperties(
		provider,
		models,
		(field) => isMainField(field) && !isNaming(field),
		(field) => [property(provider, field)],
	);
	const additional = modelProperties(
		provider,
		models,
		(field) => !isMainField(field),
		// n8n would demand a required field of any model where the model comes by expression; the hook asks for the right ones.
		(field) => additionalProperties(provider, { ...field, required: false }),
	);
	const collection: INodeProperties = {
		displayName: 'Additional Fields',
		name: ADDITIONAL_FIELDS,
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		options: additional,
	};
	const shown = naming.map((field) => property(provider, field));
	return [...shown, ...main, collection].map((one) => ({
		...one,
		displayOptions: { ...one.displayOptions, show: { ...show, ...one.displayOptions?.show } },
	}));
}

function mainProperties(
	provider: Provider,
	field: Field,
	show: Record<string, string[]>,
): INodeProperties[] {
	if (field.type !== 'list') return [{ ...property(provider, field), displayOptions: { show } }];
	const choice = listChoice(field);
	const shownFor = (given: string) => ({ show: { ...show, [choice]: [given] } });
	return [
		{
			displayName: `Specify ${field.title}`,
			name: choice,
			type: 'options',
			noDataExpression: true,
			default: 'fields',
			displayOptions: { show },
			description: `Whether the number of ${field.title} is always the same or comes with the data`,
			options: [
				{ name: 'Using Fields Below', value: 'fields' },
				{ name: 'Using JSON', value: 'json' },
			],
		},
		{ ...property(provider, field), displayOptions: shownFor('fields') },
		{ ...listAsJson(field), required: true, displayOptions: shownFor('json') },
	];
}

function listAsJson(field: Field): INodeProperties {
	const inner = Object.fromEntries(
		(field.items ?? []).map(({ name, default: usual, initial, minimum }) => [
			name,
			usual ?? initial ?? minimum ?? '…',
		]),
	);
	const example = JSON.stringify([inner]);
	return {
		displayName: `${field.title} (JSON)`,
		name: jsonParameter(field),
		type: 'json',
		default: '[]',
		placeholder: `e.g. ${example}`,
		description: `The same as ${field.title}, as a list in JSON, for a number of them that comes with the data: ${example}`,
	};
}

function property(provider: Provider, field: Field): INodeProperties {
	const base = {
		displayName: field.title,
		name: field.name,
		description: description(field),
		...(field.required ? { required: true } : {}),
		...(field.placeholder ? { placeholder: field.placeholder } : {}),
		...(field.type === 'list' || field.unsent ? {} : { routing: routing(field) }),
	};
	const start = field.default ?? field.initial;
	switch (field.type) {
		case 'text':
			if (field.search) return modelLocator(provider, field, base, String(start ?? ''));
			return {
				...base,
				type: 'string',
				default: start ?? '',
				...(field.multiline ? { typeOptions: { rows: 3 } } : {}),
			};
		case 'integer':
		case 'number':
			return {
				...base,
				type: 'number',
				default: start ?? field.minimum ?? 0,
				typeOptions: {
					...(field.minimum === undefined ? {} : { minValue: field.minimum }),
					...(field.maximum === undefined ? {} : { maxValue: field.maximum }),
					// Without it, a fraction is shown as it was typed instead of as 3.00.
					...(field.type === 'integer' ? { numberPrecision: 0 } : {}),
				},
			};
		case 'boolean':
			return { ...base, type: 'boolean', default: start ?? false };
		case 'choice':
			return {
				...base,
				type: 'options',
				default: start ?? field.choices?.[0] ?? '',
				// The documented order, which people know from the provider's own pages.
				options: (field.choices ?? []).map((value) => ({
					name: field.labels?.[String(value)] ?? String(value),
					value,
				})),
			};
		case 'json':
			return { ...base, type: 'json', default: start ?? '{}' };
		case 'list':
			return repeatedGroup(provider, field, base);
	}
}

type BaseProperty = Pick<INodeProperties, 'displayName' | 'name' | 'description'>;

function repeatedGroup(provider: Provider, field: Field, base: BaseProperty): INodeProperties {
	const itemTitle = field.itemTitle ?? 'Item';
	const values = (field.items ?? []).map((inner) => {
		const item = `${wirePath(field)}[{{$index}}]`;
		const path = field.plain ? item : `${item}.${wirePath(inner)}`;
		const send = field.part === undefined ? { routing: routing(inner, `=${path}`) } : {};
		return { ...property(provider, inner), ...send };
	});
	const first = Object.fromEntries(values.map(({ name, default: value }) => [name, value]));
	return {
		...base,
		type: 'fixedCollection',
		placeholder: `Add ${itemTitle}`,
		typeOptions: { multipleValues: true, sortable: true },
		// A required group starts with one item to fill in.
		default: field.required ? { [GROUP_ITEMS]: [first] } : {},
		options: [{ displayName: itemTitle, name: GROUP_ITEMS, values }],
	};
}

function modelLocator(
	provider: Provider,
	field: Field,
	base: BaseProperty,
	start: string,
): INodeProperties {
	return {
		...base,
		type: 'resourceLocator',
		default: { __rl: true, ...startOf(provider, start) },
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder: 'Choose…',
				typeOptions: {
					searchListMethod: searchMethodName(provider, field.search as string),
					searchable: true,
					// Shipped models are there without a key, and where the list is public, so are the others.
					...(modelListOf(provider) === field.search ? { skipCredentialsCheckInRLC: true } : {}),
				},
			},
			{
				displayName: 'By Name',
				name: 'id',
				type: 'string',
				...(field.placeholder ? { placeholder: field.placeholder } : {}),
			},
		],
	};
}

/** A shipped model is shown by its title. */
function startOf(provider: Provider, value: string) {
	const label = modelChoices(provider).find((model) => model.value === value)?.label;
	if (label) return { mode: 'list', value, cachedResultName: label };
	return { mode: value ? 'id' : 'list', value };
}

function description(field: Field): string {
	const says = field.help.replace(/\.$/, '');
	if (field.type === 'boolean') return /^Whether/.test(says) ? says : `Whether ${says}`;
	const ranged = field.minimum !== undefined || field.maximum !== undefined;
	return ranged ? `${says}. Give ${allowedPhrase(field)}.` : says;
}

/**
 * Where the field goes in the request. What goes there is the validated value (`submit/item.ts`): n8n would send it as
 * it was entered.
 */
function routing(field: Field, path: string = wirePath(field)): INodePropertyRouting {
	// It only picks the path of the call, its members have no place of their own, or it is sent as a part of something.
	if (field.unsent || field.spread || field.part !== undefined) return {};
	if (field.header) return { request: { headers: { [field.header]: '={{ $value }}' } } };
	return { send: { type: 'body', property: path } };
}
