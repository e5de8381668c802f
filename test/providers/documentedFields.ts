/** Holds a provider's fields against rows that were written down from its document. */
import { describe, expect, it } from 'vitest';
import type { JsonValue, Provider, RequestValues } from '../../providers/contract';
import { fieldsOf, type Field } from '../../providers/schema/fields';
import { validate } from '../../providers/schema/validate';
import { buildRequest, getPath } from '../../providers/schema/wire';

/** What an editor makes of a field. What a row does not name, the field does not have. */
type Shown = Partial<
	Pick<
		Field,
		| 'advanced'
		| 'always'
		| 'default'
		| 'form'
		| 'itemTitle'
		| 'labels'
		| 'media'
		| 'multiline'
		| 'role'
		| 'search'
	>
> & {
	required?: true;
	/** What an editor starts with, where the provider has no default. */
	start?: JsonValue;
	/** Of one item of a list. */
	items?: Record<string, Shown>;
};

export interface DocumentedField extends Shown {
	/** Both edges of what the document allows, and each choice. */
	takes: JsonValue[];
	/** Just beyond the edges. */
	refuses: JsonValue[];
	/** Path in the body, where it is not the name. */
	at?: string;
	/** The header that it travels in. */
	header?: string;
	/** Not a part of the request. */
	unsent?: true;
	/** The form in which the API takes it. */
	as?: (value: JsonValue) => JsonValue;
	/** Fields that it can not be without. */
	with?: RequestValues;
}

export const whole = (least: number, most: number) => ({
	takes: [least, most],
	refuses: [least - 1, most + 1, least + 0.5],
});
/** A whole number without an upper limit. */
export const wholeFrom = (least: number) => ({
	takes: [least, 2 ** 31],
	refuses: [least - 1, least + 0.5],
});
export const number = (least: number, most: number) => ({
	takes: [least, most, (least + most) / 2 + 0.25],
	refuses: [least - 0.125, most + 0.125],
});
export const text = (most: number) => ({
	takes: ['猫', 'a'.repeat(most)],
	refuses: ['a'.repeat(most + 1)],
});
/** No length is documented. */
export const anyText = { takes: ['猫', 'a'.repeat(5000)], refuses: [true] as JsonValue[] };
export const choice = (...takes: JsonValue[]) => ({ takes, refuses: ['other', `${takes[0]}x`] });
export const flag = { takes: [true, false], refuses: ['perhaps', 2] as JsonValue[] };
const address = (length: number) => 'https://hooks.acme.test/'.padEnd(length, 'a');
export const webAddress = {
	takes: [address(30), address(2048), 'http://hooks.acme.test/a'],
	refuses: [
		address(2049),
		'ftp://hooks.acme.test/a',
		'xhttps://hooks.acme.test/a',
		'httpsx://hooks.acme.test/a',
	],
};
/** Longest values of the free text that a provider gives back. */
export const asText = (value: JsonValue): JsonValue => String(value);
export const yesNo = (value: JsonValue): JsonValue => (value === true ? 'yes' : 'no');

/** @param valid a request with what is required and nothing else */
export function describeFields(
	provider: Provider,
	valid: RequestValues,
	rows: Record<string, DocumentedField>,
): void {
	const fields = fieldsOf(provider.request);
	const { defaultBaseUrl } = provider.account;
	const issuesOf = (values: RequestValues) =>
		validate(provider, values, defaultBaseUrl).issues.map(({ field }) => field.split('.')[0]);

	describe(`the request of ${provider.id}`, () => {
		it('has the documented fields, in their order', () => {
			expect(fields.map(({ name }) => name)).toEqual(Object.keys(rows));
		});

		it.each(Object.entries(rows))('takes %s as documented', (name, row) => {
			const { takes, refuses, required, at = name, header, unsent, as = same } = row;
			// What an editor starts with can be sent as it is.
			for (const value of [...takes, ...startOf(row)]) {
				const given = { ...valid, ...row.with, [name]: value };
				expect(issuesOf(given), shortened(value)).toEqual([]);
				const { body, headers } = buildRequest(provider, given);
				const sent = header ? headers[header] : getPath(body, at);
				expect(sent).toEqual(unsent ? undefined : as(value));
			}
			for (const value of refuses) {
				const given = { ...valid, ...row.with, [name]: value };
				expect(issuesOf(given), shortened(value)).toContain(name);
			}
			const { [name]: _left, ...others } = valid;
			expect(issuesOf(others)).toEqual(required ? [name] : []);
		});

		it.each(Object.entries(rows))('shows %s as people expect it', (name, row) => {
			const field = fields.find((candidate) => candidate.name === name)!;
			expect(shownOf(field)).toEqual(told(row));
		});
	});
}

const startOf = (row: DocumentedField): JsonValue[] =>
	[row.start ?? row.default].filter((value) => value !== undefined);
const same = (value: JsonValue): JsonValue => value;
const shortened = (value: JsonValue) => JSON.stringify(value).slice(0, 60);

/** @param row what is `undefined` in it is not expected */
function told({
	takes: _t,
	refuses: _r,
	at: _a,
	header: _h,
	unsent: _u,
	as: _as,
	with: _w,
	...shown
}: DocumentedField) {
	return { ...shown, required: shown.required === true };
}

function shownOf(field: Field): unknown {
	const { advanced, always, form, itemTitle, labels, media, multiline, role, search } = field;
	const members = { advanced, always, form, itemTitle, labels, media, multiline, role, search };
	const { default: documented, initial: start, items, required } = field;
	const inner = items && Object.fromEntries(items.map((item) => [item.name, shownOf(item)]));
	const all = { ...members, default: documented, start, items: inner, required };
	return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
