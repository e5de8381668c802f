/**
 * Expressions that reached us as text, which would be paid for as a prompt. In a field that holds plain text any `{{ }}`
 * is one. In a field that takes its value from the data, `{{ name }}` is somebody's template and goes through; what names
 * n8n's own variables was meant to be evaluated by an earlier step.
 */
import { isObject } from '../../../providers/schema/wire';
import type { Field } from '../../../providers/schema/fields';
import { asJson, shown } from '../../../providers/schema/validate';

const BRACES = /\{\{[^]*?\}\}/;
const N8N_EXPRESSION =
	/\{\{[^}]*\$(?:json|node|input|item|itemIndex|items|now|today|vars|env|secrets|binary|parameter|prevNode|workflow|execution|runIndex|fromAI|jmespath|\()[^]*?\}\}/i;

const isExpression = (written: unknown): boolean =>
	typeof written === 'string' && written.startsWith('=');

/**
 * @param value as n8n evaluated it
 * @param written as the node's parameter holds it
 * @returns one sentence for each expression that was not evaluated
 */
export function unevaluatedIn(
	field: Field,
	value: unknown,
	written: unknown,
	name = field.name,
	label = field.title,
): string[] {
	if (field.type === 'list' && Array.isArray(value)) {
		return value.flatMap((item, index) =>
			(field.items ?? []).flatMap((inner) =>
				unevaluatedIn(
					inner,
					isObject(item) ? item[inner.name] : undefined,
					memberOf(written, index, inner.name),
					`${name}.${index}.${inner.name}`,
					`${label} ${index + 1}, ${inner.title}`,
				),
			),
		);
	}
	const fromData = isExpression(written);
	if (!(fromData ? N8N_EXPRESSION : BRACES).test(asJson(value))) return [];
	const advice = fromData
		? 'It came with the data: let the step before evaluate it, or remove the {{ }}.'
		: 'Switch the field to Expression, or remove the {{ }}.';
	return [
		`${label} (${name}) is ${shown(value as string)}, an expression that was not evaluated. ${advice}`,
	];
}

/** Of a group of fields each is written for itself; a list as JSON is written as a whole. */
const memberOf = (written: unknown, index: number, name: string): unknown => {
	if (!Array.isArray(written)) return written;
	const item: unknown = written[index];
	return isObject(item) ? item[name] : undefined;
};
