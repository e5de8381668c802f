/** Rules of a model over several of its fields: what is refused, and what is only worth knowing. */
import { ruleOf } from '../catalogue';
import type { Condition, ModelEntry, RuleEntry } from '../catalogue/types';
import type { JsonValue, RequestValues, RuleIssue } from '../contract';
import type { Field } from './fields';

/** What the provider, or one of its clients, is known to refuse. */
export const modelIssues = (
	model: ModelEntry,
	fields: Field[],
	values: RequestValues,
): RuleIssue[] =>
	rulesThatHold(model, fields, values)
		.filter(({ basis }) => basis !== 'inference')
		.flatMap((rule) => {
			const field = brokenField(rule, fields, values);
			if (field === undefined) return [];
			const value = effective(fields, values, field);
			return [{ field, value, allowed: rule.words.replace(/\.$/, '') }];
		});

/** What only follows from the sense, and what the provider pays no heed to. */
export const modelWarnings = (
	model: ModelEntry,
	fields: Field[],
	values: RequestValues,
): string[] => {
	const gone = model.status === 'usable' ? [] : [`${model.title} is retired.`];
	const told = rulesThatHold(model, fields, values)
		.filter(({ basis, then }) => basis === 'inference' || then.ignore)
		.filter((rule) => brokenField(rule, fields, values) ?? ignoredField(rule, values))
		.map(({ words }) => words);
	return [...gone, ...told];
};

const rulesThatHold = (model: ModelEntry, fields: Field[], values: RequestValues): RuleEntry[] =>
	(model.rules ?? [])
		.map(ruleOf)
		.filter((rule) =>
			Object.entries(rule.if).every(([name, condition]) =>
				holds(condition, values[name] !== undefined, effective(fields, values, name)),
			),
		);

function holds(condition: Condition, isSet: boolean, value: JsonValue | undefined): boolean {
	if (typeof condition !== 'object') return value === condition;
	return 'set' in condition ? condition.set === isSet : condition.in.some((one) => one === value);
}

/** The value sent, or what the provider takes for it. */
const effective = (fields: Field[], values: RequestValues, name: string): JsonValue | undefined =>
	values[name] ?? fields.find((field) => field.name === name)?.default;

/** The field to change, where the rule is broken. */
function brokenField(
	{ then }: RuleEntry,
	fields: Field[],
	values: RequestValues,
): string | undefined {
	const isSet = (name: string) => values[name] !== undefined;
	const isOneOf = (name: string, allowed: JsonValue[]) =>
		allowed.some((one) => one === effective(fields, values, name));
	const { forbid = [], allow = {}, require = [], anyOf = [], oneOf = [] } = then;
	const forbidden = Array.isArray(forbid)
		? forbid.find(isSet)
		: Object.keys(forbid).find((name) => isSet(name) && isOneOf(name, forbid[name] ?? []));
	return (
		forbidden ??
		Object.keys(allow).find((name) => !isOneOf(name, allow[name] ?? [])) ??
		require.find((name) => !isSet(name)) ??
		(anyOf.some(isSet) ? undefined : anyOf[0]) ??
		(oneOf.filter(isSet).length === 1 ? undefined : oneOf[0])
	);
}

const ignoredField = ({ then }: RuleEntry, values: RequestValues): string | undefined =>
	then.ignore?.find((name) => values[name] !== undefined);
