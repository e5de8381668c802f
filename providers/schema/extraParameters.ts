/** A free JSON field for endpoints whose models have parameters of their own, too many and too short-lived to list. */
import { z } from 'zod/v4';
import type { JsonValue, RequestValues, RuleIssue } from '../contract';
import { fieldMeta } from './fields';
import { isObject } from './wire';

const NAME = 'extra_parameters';

export const extraParameters = () =>
	z
		.record(z.string(), z.json())
		.register(fieldMeta, {
			title: 'Extra Parameters',
			help: 'Parameters of other models of this endpoint, as JSON. They are sent as they are, beside the fields.',
			json: true,
			spread: true,
			placeholder: 'e.g. {"generate_audio": true}',
		})
		.optional();

/** A name that is set twice would be sent once, and nobody could tell which value was paid for. */
export function extraParameterIssues(values: RequestValues): RuleIssue[] {
	const extra: JsonValue | undefined = values[NAME];
	if (!isObject(extra)) return [];
	const twice = Object.keys(extra).filter((name) => values[name] !== undefined);
	return twice.map((name) => ({
		field: NAME,
		value: extra,
		allowed: `${name} is set by its own field too, set it in one place`,
	}));
}
