/**
 * The properties of a provider with models: those of the chosen model are shown. What several models have alike is one
 * property with a condition on the model; of a choice, only the values of the model are offered.
 *
 * Static, so that the panel opens without a call; one collection, so that a person who changes the model keeps what both
 * have and an unset field is not sent. n8n does not enforce any of it at run time: the submit hook validates every item
 * for its own model.
 */
import type { DisplayCondition, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { ModelEntry } from '../../providers/catalogue/types';
import type { Provider, ProviderModels } from '../../providers/contract';
import { editorOrder, fieldsOf, type Field } from '../../providers/schema/fields';
import { fieldsOfModel } from '../../providers/schema/ofModel';

/** A name that the catalogue does not have. */
const ANY_OTHER = Symbol('any other model');
type Model = ModelEntry | typeof ANY_OTHER;

/** One property as some of the models have it. */
interface Variant {
	property: INodeProperties;
	models: Set<Model>;
	/** Of a choice: which models have the value. */
	values: Map<unknown, { option: INodePropertyOptions; models: Set<Model> }>;
}

/** An expression, as a node's parameters hold it. */
const IS_EXPRESSION: DisplayCondition = { _cnd: { between: { from: '=', to: '=\uffff' } } };

/**
 * @param of the properties of one field: mostly one, and one more for a list that can be given as JSON
 * @returns properties in the order of an editor, with conditions on the model
 */
export function modelProperties(
	provider: Provider,
	models: ProviderModels,
	wanted: (field: Field) => boolean,
	of: (field: Field) => INodeProperties[],
): INodeProperties[] {
	const known = models.catalogue.models.filter(({ fields }) => fields);
	const all: Array<[Model, Field[]]> = [
		[ANY_OTHER, fieldsOf(provider.request)],
		...known.map((model): [Model, Field[]] => [model, fieldsOfModel(provider, model)]),
	];
	const everyModel = new Set(all.map(([model]) => model));
	const order = editorOrder(all.flatMap(([, fields]) => fields).filter(wanted));
	// Models share field objects: what is made of one is made once.
	const made = new Map<Field, Array<{ property: INodeProperties; key: string }>>();
	const byName = new Map<string, Map<string, Variant>>();
	for (const field of order) {
		if (made.has(field)) continue;
		const keyed = of(field).map((property) => ({ property, key: keyOf(property) }));
		made.set(field, keyed);
		for (const { property } of keyed) {
			if (!byName.has(property.name)) byName.set(property.name, new Map());
		}
	}
	for (const [model, fields] of all) {
		for (const field of fields.filter(wanted)) {
			for (const { property, key } of made.get(field) ?? []) {
				note(byName.get(property.name)!, property, key, model);
			}
		}
	}
	return [...byName.values()].flatMap((variants) =>
		withConditions([...variants.values()], everyModel, models.field),
	);
}

/** Alike but for the values of a choice. */
const keyOf = (property: INodeProperties): string =>
	JSON.stringify(property.type === 'options' ? { ...property, options: undefined } : property);

function note(
	variants: Map<string, Variant>,
	property: INodeProperties,
	key: string,
	model: Model,
): void {
	const variant = variants.get(key) ?? { property, models: new Set(), values: new Map() };
	variants.set(key, variant);
	variant.models.add(model);
	if (property.type !== 'options') return;
	for (const option of (property.options ?? []) as INodePropertyOptions[]) {
		const known = variant.values.get(option.value) ?? { option, models: new Set() };
		variant.values.set(option.value, known);
		known.models.add(model);
	}
}

function withConditions(
	variants: Variant[],
	everyModel: ReadonlySet<Model>,
	field: string,
): INodeProperties[] {
	const [usual] = [...variants].sort((a, b) => b.models.size - a.models.size);
	return variants.map((variant) => {
		const display =
			variant === usual
				? conditionOn(field, variant.models, everyModel)
				: strictConditionOn(field, variant.models, everyModel);
		return {
			...variant.property,
			...(Object.keys(display).length > 0 ? { displayOptions: display } : {}),
			...(variant.property.type === 'options'
				? {
						options: inOrder([...variant.values.values()]).map(({ option, models }) => {
							const own = conditionOn(field, models, variant.models);
							return Object.keys(own).length > 0 ? { ...option, displayOptions: own } : option;
						}),
					}
				: {}),
		};
	});
}

/** Numbers by size; texts as they came, which is the documented order of the first model that has them. */
const inOrder = <T extends { option: INodePropertyOptions }>(values: T[]): T[] =>
	values.every(({ option }) => typeof option.value === 'number')
		? values.sort((a, b) => Number(a.option.value) - Number(b.option.value))
		: values;

/** The shortest condition that holds for these models and for no other of those that come here. */
function conditionOn(
	field: string,
	models: ReadonlySet<Model>,
	among: ReadonlySet<Model>,
): NonNullable<INodeProperties['displayOptions']> {
	if (models.size === among.size) return {};
	const others = [...among].filter((model) => !models.has(model));
	return models.has(ANY_OTHER)
		? { hide: { [`/${field}`]: namesOf(others) } }
		: { show: { [`/${field}`]: namesOf([...models]) } };
}

/**
 * With the model by expression n8n takes any `show` for true, and several properties of one name would be listed and
 * read; one is enough then. `hide` is held against the expression itself.
 */
function strictConditionOn(
	field: string,
	models: ReadonlySet<Model>,
	among: ReadonlySet<Model>,
): NonNullable<INodeProperties['displayOptions']> {
	const others = [...among].filter((model) => !models.has(model));
	return models.has(ANY_OTHER)
		? { hide: { [`/${field}`]: [...namesOf(others), IS_EXPRESSION] } }
		: { hide: { [`/${field}`]: isNoneOf(namesOf([...models])) } };
}

/**
 * Where in the alphabet none of the names stands: before the first, between two, after the last. A regular expression
 * would say it in one, but n8n runs these under a time limit, and a machine that is busy for a moment fails the run.
 */
function isNoneOf(names: string[]): DisplayCondition[] {
	const sorted = [...new Set(names)].sort();
	const between = sorted.slice(1).map((name, index) => ({
		_cnd: { between: { from: `${sorted[index]}\u0000`, to: justBefore(name) } },
	}));
	return [{ _cnd: { lt: sorted[0]! } }, ...between, { _cnd: { gt: sorted.at(-1)! } }];
}

/** The greatest text before this one, for all texts that a person or an API could mean. */
const justBefore = (text: string): string =>
	`${text.slice(0, -1)}${String.fromCharCode(text.charCodeAt(text.length - 1) - 1)}\uffff`;

const namesOf = (models: Model[]): string[] =>
	models.flatMap((model) => (model === ANY_OTHER ? [] : [model.id, ...(model.aliases ?? [])]));
