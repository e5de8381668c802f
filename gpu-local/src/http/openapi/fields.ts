import type { Provider } from '../../../../providers/contract';
import { fieldsOf } from '../../../../providers/schema/fields';
import type { Field } from '../../../../providers/schema/fields';
import { wirePath } from '../../../../providers/schema/wire';
import { numberPattern } from './numberPattern.ts';
import type { Schema } from './replies.ts';

/** JSON Schema of a body as it goes over the wire, nested as the provider nests it. */
export function wireSchema(provider: Provider): Schema {
	const root: Schema = { type: 'object', properties: {}, required: [] };
	for (const field of fieldsOf(provider.request)) {
		if (field.header || field.spread || field.unsent) continue;
		const keys = wirePath(field).split('.');
		let node = root;
		for (const key of keys.slice(0, -1)) {
			node = node.properties![key] ??= { type: ['object', 'null'], properties: {}, required: [] };
		}
		node.properties![keys.at(-1)!] = fieldSchema(field);
		// An object for a file and without one would say nothing.
		if (keys.length === 1 ? field.required : field.media) node.required!.push(keys.at(-1)!);
	}
	return root;
}

/** What may be left out may also be null, and a text or a list empty: it is then as if it were left out. */
function fieldSchema(field: Field): Schema {
	const schema = requiredSchema(field);
	if (field.required)
		return field.minLength && !schema.pattern ? { ...schema, pattern: '\\S' } : schema;
	const { minLength: _none, minItems: _nothing, format, pattern, ...others } = schema;
	if (field.media) return { ...schema, pattern: PICTURE };
	if (Array.isArray(schema.enum)) {
		return { ...others, enum: [...(schema.enum as unknown[]), '', null] };
	}
	const form = format === 'uri' ? ADDRESS : pattern;
	return {
		...others,
		...(typeof form === 'string' ? { pattern: `^(${form.replace(/^\^|\$$/g, '')})?$` } : {}),
		type: [schema.type, 'null'].flat(),
	};
}

const PICTURE = '^(https?://|data:image/)';
const ADDRESS = 'https?://\\S+';
/** Forms have only texts, and tables and expressions write numbers. */
const YES_OR_NO = [true, false, 'true', 'false', 'yes', 'no', '1', '0', 1, 0];

/** Whole numbers beyond are not told apart in JSON as most read it. */
const EXACT = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

function requiredSchema(field: Field): Schema {
	const schema: Schema = { title: field.title, description: field.help };
	if (field.type === 'list') {
		const inner = field.items ?? [];
		const items: Schema = {
			type: 'object',
			properties: Object.fromEntries(inner.map((each) => [each.name, fieldSchema(each)])),
			required: inner.filter(({ required }) => required).map(({ name }) => name),
		};
		return { ...schema, type: 'array', items, ...limits(field, 'minItems', 'maxItems') };
	}
	if (field.type === 'boolean') {
		return { ...schema, enum: YES_OR_NO, ...limits(field, 'default') };
	}
	if (field.type === 'choice') {
		const { choices = [] } = field;
		const all = [...new Set([...choices, ...choices.map(String)])];
		return { ...schema, enum: all, ...limits(field, 'default') };
	}
	const isNumber = field.type === 'number' || field.type === 'integer';
	return {
		...schema,
		type: typesOf(field),
		...(isNumber ? { pattern: `^(${numberPattern(field)})$` } : {}),
		...(field.type === 'integer' ? EXACT : {}),
		...limits(
			field,
			'minimum',
			'maximum',
			'minLength',
			'maxLength',
			'pattern',
			'format',
			'default',
		),
	};
}

/** A number may come as text, and a text without a form of its own as a number, as an id often does. */
function typesOf({ type, pattern, format, media }: Field): string | string[] {
	if (type === 'json') return 'object';
	if (type !== 'text') return [type, 'string'];
	return pattern !== undefined || format !== undefined || media ? 'string' : ['string', 'number'];
}

const limits = (field: Field, ...names: Array<keyof Field>): Schema =>
	Object.fromEntries(
		names.filter((name) => field[name] !== undefined).map((name) => [name, field[name]]),
	);

/** Only what a form can say: texts and numbers at the top. */
export function formSchema(provider: Provider): Schema {
	const schema = wireSchema(provider);
	const flat = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
		const types = [field.type ?? 'string'].flat().filter((type) => type !== 'null');
		if (types.includes('array') || types.includes('object')) return [];
		const values = Array.isArray(field.enum)
			? { enum: (field.enum as unknown[]).filter((value) => value !== null) }
			: { type: types };
		return [[name, { ...field, ...values }] as const];
	});
	return { ...schema, properties: Object.fromEntries(flat) };
}
