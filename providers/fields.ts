/** From a provider's zod request to a flat list of fields that every generator walks (n8n, Node-RED, tables, wire). */
import { z } from 'zod/v4';

/** Words and wire habits of a field, given to zod's `.meta()`. Ranges, enums and types come from the schema itself. */
export interface FieldMeta {
	/** Title Case, for people. */
	title: string;
	/** One or two plain sentences. */
	help: string;
	/** Dotted path in the JSON body; the field's name where absent. */
	wire?: string;
	/** The value travels as this request header, not in the body. */
	header?: string;
	/** `string`: a number is sent as "512". `yesNo`: a boolean is sent as "yes" or "no". */
	as?: 'string' | 'yesNo';
	/** Members of this JSON object are spread over the body. */
	spread?: boolean;
	/** Decides how the request is sent (its path) and is not a part of it. */
	unsent?: boolean;
	/** Several lines of text. */
	multiline?: boolean;
	placeholder?: string;
	/** Which of the provider's model searches lists the possible values. */
	search?: string;
	/** `callback`: takes the callback URL. */
	role?: 'callback' | 'tracking';
	/** The documented default: what the API uses when the field is not sent. */
	default?: string | number | boolean;
	/** What an editor starts with where the API has no default. */
	initial?: string | number | boolean;
	/** Sent always, with its default, because the API's own default surprises. */
	always?: boolean;
	/** Labels for enum values that do not speak for themselves. */
	labels?: Record<string, string>;
	/** Free JSON object. */
	json?: boolean;
	/** One item of a list, for buttons and headings ("Add LoRA"). */
	itemTitle?: string;
}

/** Type-checks the words of a field for zod's `.meta()`, which itself takes anything. */
export const words = (meta: FieldMeta): Record<string, unknown> => ({ ...meta });

export type FieldType = 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'list' | 'json';

export interface Field extends FieldMeta {
	name: string;
	type: FieldType;
	required: boolean;
	minimum?: number;
	maximum?: number;
	minLength?: number;
	maxLength?: number;
	pattern?: string;
	format?: string;
	choices?: Array<string | number>;
	minItems?: number;
	maxItems?: number;
	/** Fields of one item, for lists. */
	items?: Field[];
}

interface SchemaNode extends Partial<FieldMeta> {
	type?: string;
	minimum?: number;
	maximum?: number;
	minLength?: number;
	maxLength?: number;
	pattern?: string;
	format?: string;
	enum?: Array<string | number>;
	const?: string | number;
	minItems?: number;
	maxItems?: number;
	items?: SchemaNode;
	properties?: Record<string, SchemaNode>;
	required?: string[];
}

const cache = new WeakMap<object, Field[]>();

/** Fields in the order of the schema, which is the documented order. */
export function fieldsOf(request: z.ZodObject): Field[] {
	const known = cache.get(request);
	if (known) return known;
	const fields = readProperties(z.toJSONSchema(request, { io: 'input' }) as SchemaNode);
	cache.set(request, fields);
	return fields;
}

function readProperties(node: SchemaNode): Field[] {
	const required = new Set(node.required ?? []);
	return Object.entries(node.properties ?? {}).map(([name, property]) =>
		readField(name, property, required.has(name)),
	);
}

function readField(name: string, node: SchemaNode, required: boolean): Field {
	const {
		type: _type,
		enum: choices,
		const: only,
		items,
		properties,
		required: _r,
		...rest
	} = node;
	if (!node.title || !node.help) throw new Error(`Field ${name} has no title or help`);
	// zod writes the safe-integer bounds into the JSON schema of every z.int(); they say nothing to a person.
	if (rest.minimum === Number.MIN_SAFE_INTEGER) delete rest.minimum;
	if (rest.maximum === Number.MAX_SAFE_INTEGER) delete rest.maximum;
	return {
		...rest,
		title: node.title,
		help: node.help,
		name,
		required,
		type: fieldType(node),
		...(choices || only !== undefined ? { choices: choices ?? [only as string] } : {}),
		...(items?.properties ? { items: readProperties(items) } : {}),
	};
}

function fieldType(node: SchemaNode): FieldType {
	if (node.json) return 'json';
	if (node.enum || node.const !== undefined) return 'choice';
	switch (node.type) {
		case 'string':
			return 'text';
		case 'integer':
			return 'integer';
		case 'number':
			return 'number';
		case 'boolean':
			return 'boolean';
		case 'array':
			return 'list';
		default:
			throw new Error(`Unsupported field type ${String(node.type)}`);
	}
}

/** Shown at the top level of an editor; the rest is folded away. */
export const isMainField = (field: Field): boolean => field.required || field.always === true;

/** What is allowed, as a phrase: "a whole number from 256 to 1024". */
export function allowedPhrase(field: Field): string {
	const { minimum, maximum, minLength = 0, maxLength } = field;
	switch (field.type) {
		case 'choice':
			return `one of ${(field.choices ?? []).join(', ')}`;
		case 'boolean':
			return 'true or false (or yes or no)';
		case 'json':
			return 'a JSON object, such as {"name": "value"}';
		case 'integer':
		case 'number': {
			const kind = field.type === 'integer' ? 'a whole number' : 'a number';
			if (minimum !== undefined && maximum !== undefined)
				return `${kind} from ${minimum} to ${maximum}`;
			if (minimum !== undefined) return `${kind}, ${minimum} or more`;
			if (maximum !== undefined) return `${kind}, at most ${maximum}`;
			return kind;
		}
		case 'list': {
			const { itemTitle = 'item', minItems = 0, maxItems } = field;
			const bounds = [
				...(minItems > 0 || maxItems === undefined ? [`at least ${minItems}`] : []),
				...(maxItems === undefined ? [] : [`at most ${maxItems}`]),
			];
			return `a list of ${bounds.join(' and ')} (${itemTitle})`;
		}
		case 'text':
			if (field.format === 'uri') return 'a full web address that starts with http:// or https://';
			if (field.pattern && field.placeholder) return `text such as ${field.placeholder}`;
			if (maxLength !== undefined)
				return `text of ${Math.max(minLength, 1)} to ${maxLength} characters`;
			return minLength > 0 ? 'text that is not empty' : 'text';
	}
}
