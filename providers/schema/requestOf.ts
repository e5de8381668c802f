/** From a list of fields to the zod schema that validates their values: the way back of `fieldsOf`. */
import { z } from 'zod/v4';
import { rememberFields, type Field } from './fields';

/** Made when it is first needed: zod takes longer to build a schema than to use it. */
export function requestOf(fields: Field[]): z.ZodObject {
	const request = shapeOf(fields);
	rememberFields(request, fields);
	return request;
}

const shapeOf = (fields: Field[]): z.ZodObject =>
	z.strictObject(
		Object.fromEntries(
			fields.map((field) => {
				const schema = schemaOf(field);
				return [field.name, field.required ? schema : schema.optional()] as const;
			}),
		),
	);

function schemaOf(field: Field): z.ZodType {
	const { minimum, maximum, minItems, maxItems, step } = field;
	switch (field.type) {
		case 'text':
			return textSchema(field);
		case 'boolean':
			return z.boolean();
		case 'json':
			return z.record(z.string(), z.json());
		case 'choice': {
			const listed = z.literal(field.choices as [string | number]);
			return field.open ? z.union([listed, z.string().min(1), z.number()]) : listed;
		}
		case 'list': {
			const [only] = field.items ?? [];
			let list = z.array(field.plain && only ? schemaOf(only) : shapeOf(field.items ?? []));
			if (minItems !== undefined) list = list.min(minItems);
			return maxItems === undefined ? list : list.max(maxItems);
		}
		case 'integer':
		case 'number': {
			let number: z.ZodNumber = field.type === 'integer' ? z.int() : z.number();
			if (minimum !== undefined) number = number.min(minimum);
			if (maximum !== undefined) number = number.max(maximum);
			return step === undefined
				? number
				: number.refine((value) => (value - (minimum ?? 0)) % step === 0);
		}
	}
}

function textSchema({ format, pattern, minLength = 1, maxLength, media }: Field): z.ZodType {
	if (format === 'uri') {
		const address = z.url({ protocol: /^https?$/ });
		return maxLength === undefined ? address : address.max(maxLength);
	}
	let text = z.string().min(minLength);
	if (maxLength !== undefined && !media) text = text.max(maxLength);
	return pattern === undefined ? text : text.regex(new RegExp(pattern));
}
