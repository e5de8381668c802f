/**
 * Random requests for any provider, made from its field list alone: what a person could type into the fields.
 * Every test that compares two paths of a request (pure builder, n8n's routing, Node-RED, the local executor) draws
 * from here.
 */
import fc from 'fast-check';
import type { JsonObject, JsonValue, Provider, RequestValues } from '../../providers/contract';
import { fieldsOf, takesFile, type Field } from '../../providers/schema/fields';
import { validate } from '../../providers/schema/validate';

/** Longer lists make no new case, and Novita's 128 frames would nearly always be passed. */
const MOST_ITEMS = 3;
const LONGEST_TEXT = 60;

/**
 * Values that `validate` accepts and returns unchanged (fields that are always sent are there, nothing is blank, no
 * number is text). Texts hold no `{{ }}` and do not start with `=`, so that n8n takes them as they are.
 *
 * @param fixed values that are not drawn, such as the model
 */
export function validValues(
	provider: Provider,
	fixed: RequestValues = {},
): fc.Arbitrary<RequestValues> {
	return recordOf(fieldsOf(provider.request))
		.map((values) => ({ ...values, ...fixed }))
		.map((values) => validate(provider, values, provider.account.defaultBaseUrl).values)
		.filter((values) => values !== undefined);
}

/**
 * Valid values of which exactly one field was broken: out of range, not in the list, of another type, missing where
 * required, too many items. `field` is the top-level field; an issue about it is named `field` or `field.0.inner`.
 */
export function invalidValues(
	provider: Provider,
): fc.Arbitrary<{ values: RequestValues; field: string }> {
	const breakable = fieldsOf(provider.request).flatMap((field) => {
		const breaks = brokenValues(field);
		return breaks.length > 0 ? [{ field, broken: fc.oneof(...breaks) }] : [];
	});
	return fc.constantFrom(...breakable).chain(({ field, broken }) =>
		fc.record({ values: validValues(provider), broken }).map(({ values, broken: value }) => {
			const { [field.name]: _replaced, ...others } = values;
			return {
				field: field.name,
				values: value === undefined ? others : { ...others, [field.name]: value },
			};
		}),
	);
}

/**
 * Values as tables, forms and other nodes give them, with what they are: numbers as text, padded cells, "720P", 1 for
 * yes, an empty cell for what is left out. `validate` makes `values` of `raw`.
 */
export function looseValues(
	provider: Provider,
): fc.Arbitrary<{ raw: Record<string, unknown>; values: RequestValues }> {
	const fields = fieldsOf(provider.request);
	return validValues(provider).chain((values) =>
		looseRecord(fields, values).map((raw) => ({ raw, values })),
	);
}

const looseRecord = (fields: Field[], values: JsonObject): fc.Arbitrary<Record<string, unknown>> =>
	fc.record(
		Object.fromEntries(fields.map((field) => [field.name, looseForm(field, values[field.name])])),
	);

const padded = (text: string): fc.Arbitrary<string> =>
	fc.constantFrom(text, ` ${text}`, `${text}\n`, `\u00a0${text}\t`);

function looseForm(field: Field, value: JsonValue | undefined): fc.Arbitrary<unknown> {
	if (value === undefined) return fc.constantFrom(undefined, null, '', ' ');
	switch (field.type) {
		case 'integer':
		case 'number':
			return fc.oneof(fc.constant(value), padded(String(value)));
		case 'boolean':
			return value
				? fc.oneof(fc.constantFrom<unknown>(true, 1, 'yes', 'TRUE', '1'), padded('Yes'))
				: fc.oneof(fc.constantFrom<unknown>(false, 0, 'no', 'False', '0'), padded('NO'));
		case 'choice':
			return fc.oneof(
				fc.constant(value),
				padded(String(value)),
				padded(String(value).toUpperCase()),
			);
		case 'json':
			return fc.oneof(fc.constant(value), padded(JSON.stringify(value)));
		case 'text':
			return field.multiline ? fc.constant(value) : padded(value as string);
		case 'list': {
			const items = (value as JsonObject[]).map((item) => looseRecord(field.items ?? [], item));
			return fc.tuple(...items);
		}
	}
}

function recordOf(fields: Field[]): fc.Arbitrary<JsonObject> {
	const arbitraries = Object.fromEntries(
		fields.map((field) => [field.name, validValue(field)] as const),
	);
	const requiredKeys = fields
		.filter((field) => field.required || field.always)
		.map(({ name }) => name);
	return fc.record(arbitraries, { requiredKeys }) as fc.Arbitrary<JsonObject>;
}

function validValue(field: Field): fc.Arbitrary<JsonValue> {
	const { minimum, maximum } = field;
	switch (field.type) {
		case 'choice':
			return fc.constantFrom(...(field.choices ?? []));
		case 'boolean':
			return fc.boolean();
		case 'integer':
			if (field.step !== undefined && minimum !== undefined && maximum !== undefined) {
				const { step } = field;
				const steps = fc.integer({ min: 0, max: (maximum - minimum) / step });
				return steps.map((count) => minimum + count * step);
			}
			return fc.integer({ min: minimum ?? -(2 ** 31), max: maximum ?? 2 ** 32 - 1 });
		case 'number':
			// Adding 0 turns -0, which JSON does not know, into 0.
			return fc
				.double({ min: minimum ?? -1e6, max: maximum ?? 1e6, noNaN: true })
				.map((number) => number + 0);
		case 'text':
			return validText(field);
		case 'json':
			return fc.dictionary(
				fc.stringMatching(/^extra_[a-z]{1,8}$/),
				fc.oneof(fc.integer(), fc.boolean(), plainText(1, 20)),
				{ minKeys: 1, maxKeys: 3, noNullPrototype: true },
			);
		case 'list':
			return fc.array(field.plain ? validValue(field.items![0]!) : recordOf(field.items ?? []), {
				minLength: Math.max(field.minItems ?? 0, 1),
				maxLength: Math.min(field.maxItems ?? MOST_ITEMS, MOST_ITEMS),
			});
	}
}

/** As small a PNG as there is; of so many pixels by its head. */
const PICTURE = `data:image/png;base64,${Buffer.concat([
	Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
	Buffer.from('0000040000000300', 'hex'),
	Buffer.from('0806000000', 'hex'),
]).toString('base64')}`;

function mediaText({ kind, accepts }: NonNullable<Field['media']>): fc.Arbitrary<string> {
	const address = fc
		.stringMatching(/^[a-z0-9]{1,12}$/)
		.map((name) => `https://a.media.test/${name}`);
	const file = kind === 'image' && takesFile(accepts) ? [fc.constant(PICTURE)] : [];
	return fc.oneof(...(accepts.includes('url') ? [address] : []), ...file);
}

function validText(field: Field): fc.Arbitrary<string> {
	if (field.media) return mediaText(field.media);
	if (field.format === 'uri') {
		return fc
			.record({ path: fc.stringMatching(/^[a-zA-Z0-9-]{1,20}$/), secure: fc.boolean() })
			.map(({ path, secure }) => `${secure ? 'https' : 'http'}://hooks.media.test/${path}`);
	}
	const min = Math.max(field.minLength ?? 0, 1);
	const max = Math.min(field.maxLength ?? LONGEST_TEXT, Math.max(LONGEST_TEXT, min));
	if (field.pattern) {
		return fc
			.stringMatching(new RegExp(field.pattern))
			.filter((text) => text.length >= min && text.length <= (field.maxLength ?? Infinity));
	}
	// What surrounds a name is no part of it; a prompt is sent as it is.
	return field.multiline
		? plainText(min, max)
		: plainText(min, max).filter((text) => text === text.trim());
}

const plainText = (min: number, max: number): fc.Arbitrary<string> =>
	fc
		.string({ unit: 'grapheme', minLength: min, maxLength: max })
		.filter(
			(text) =>
				text.length <= max &&
				text.trim() !== '' &&
				!text.startsWith('=') &&
				!/\{\{|\}\}/.test(text),
		);

/** `undefined` stands for "left out". */
function brokenValues(field: Field): Array<fc.Arbitrary<JsonValue | undefined>> {
	const broken: Array<fc.Arbitrary<JsonValue | undefined>> = [];
	const add = (...values: Array<JsonValue | undefined>) => broken.push(fc.constantFrom(...values));
	if (field.required && !(field.always && field.default !== undefined)) add(undefined, '', '  ');
	const { minimum, maximum, minItems, maxItems, maxLength } = field;
	switch (field.type) {
		case 'integer':
		case 'number':
			add('many', true);
			if (field.type === 'integer') add((minimum ?? 0) + 0.5);
			if (minimum !== undefined)
				broken.push(fc.integer({ min: 1, max: 1e6 }).map((by) => minimum - by));
			if (maximum !== undefined)
				broken.push(fc.integer({ min: 1, max: 1e6 }).map((by) => maximum + by));
			break;
		case 'choice':
			add('no-such-choice', true);
			break;
		case 'boolean':
			add('perhaps', 7);
			break;
		case 'json':
			add('not JSON', '[1, 2]', 7);
			break;
		case 'text':
			add(true, ['text']);
			if (field.format === 'uri') add('example.com/hook', 'ftp://example.com/hook');
			if (maxLength !== undefined && !field.format) add('x'.repeat(maxLength + 1));
			break;
		case 'list': {
			add('one');
			const item = recordOf(field.items ?? []);
			if (minItems && field.required) add([]);
			if (maxItems !== undefined)
				broken.push(fc.array(item, { minLength: maxItems + 1, maxLength: maxItems + 2 }));
			for (const inner of field.items ?? []) {
				for (const value of brokenValues(inner)) {
					broken.push(
						fc.record({ item, value }).map(({ item: whole, value: wrong }) => {
							const { [inner.name]: _replaced, ...others } = whole;
							return [wrong === undefined ? others : { ...others, [inner.name]: wrong }];
						}),
					);
				}
			}
		}
	}
	return broken;
}
