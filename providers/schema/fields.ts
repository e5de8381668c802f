/** From a provider's zod request to a flat list of fields that every generator walks (n8n, Node-RED, tables, wire). */
import { z } from 'zod/v4';
import type { FieldRole, MediaKind, MediaLimits } from '../catalogue/types';
import type { JsonObject, JsonValue } from '../json';

/** Words and wire habits of a field. Ranges, enums and types come from the schema itself. */
// A type, not an interface: zod's registries take only types that could have more members.
export type FieldMeta = {
	/** Title Case, for people. */
	title: string;
	/** One or two plain sentences. */
	help: string;
	/**
	 * Path in the JSON body; the field's name where absent. Dots go into objects, `[0]` into a list, and a list whose
	 * path ends in `[]` gets the value added to it.
	 */
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
	/** What a pattern asks for, in words that follow "Give". */
	form?: string;
	/** Which of the provider's model searches lists the possible values. */
	search?: string;
	/** What the field is for; `callback` takes the callback URL. */
	role?: FieldRole;
	/** Whether it is in sight in an editor; left out, a field is that is required or always sent. */
	main?: boolean;
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
	/** Few people set it: an editor shows it after the others. */
	advanced?: boolean;
	/** Values beside the listed ones may work too. */
	open?: boolean;
	/** A file: the text is its web address, a data URL, or what a host makes one of. */
	media?: MediaLimits & { kind: MediaKind };
	/** What is sent instead of the bare value; {value}, {mimeType} and {base64} are filled in. One for each item of a list. */
	part?: JsonValue;
	/** Sent along with the value, by path. */
	with?: JsonObject;
};

class FieldMetaRegistry extends z.core.$ZodRegistry<FieldMeta> {
	/** The schema itself gets the words, not a copy: a second field that shares it would change the first one's. */
	override add(...[schema, meta]: Parameters<z.core.$ZodRegistry<FieldMeta>['add']>): this {
		if (this.has(schema)) throw new Error(`Two fields share one schema: make one for each`);
		return super.add(schema, meta);
	}
}

/** Gives a schema its words: `z.string().register(fieldMeta, { title, help })`. */
export const fieldMeta = new FieldMetaRegistry();

export type FieldType = 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'list' | 'json';

export interface Field extends FieldMeta {
	name: string;
	type: FieldType;
	required: boolean;
	minimum?: number;
	maximum?: number;
	/** Allowed are the minimum plus multiples of this. */
	step?: number;
	minLength?: number;
	maxLength?: number;
	pattern?: string;
	format?: string;
	choices?: Array<string | number>;
	minItems?: number;
	maxItems?: number;
	/** Fields of one item, for lists. */
	items?: Field[];
	/** The items of the list are plain values; `items` holds the one field that describes them. */
	plain?: boolean;
}

const cache = new WeakMap<object, Field[]>();

/** Fields in the order of the schema, which is the documented order. */
export function fieldsOf(request: z.ZodObject): Field[] {
	const known = cache.get(request);
	if (known) return known;
	const fields = readShape(request.shape);
	cache.set(request, fields);
	return fields;
}

/** The fields of a request that was itself made of fields: nothing has to be read out of the schema again. */
export function rememberFields(request: z.ZodObject, fields: Field[]): void {
	cache.set(request, fields);
}

const readShape = (shape: z.core.$ZodShape): Field[] =>
	Object.entries(shape).map(([name, schema]) => readField(name, schema));

/** Reads zod's own definitions: its JSON schema says the same and takes most of the time that n8n needs to load us. */
function readField(name: string, schema: z.core.$ZodType): Field {
	const { def } = (schema as z.core.$ZodTypes)._zod;
	const required = def.type !== 'optional';
	const inner = required ? schema : def.innerType;
	const meta = fieldMeta.get(inner);
	if (!meta) throw new Error(`Field ${name} has no title or help`);
	return { ...meta, ...typeAndRange(name, inner, meta), name, required };
}

type TypeAndRange = Omit<Field, keyof FieldMeta | 'name' | 'required'>;

function typeAndRange(name: string, schema: z.core.$ZodType, meta: FieldMeta): TypeAndRange {
	if (meta.json) return { type: 'json' };
	const { def } = (schema as z.core.$ZodTypes)._zod;
	const { isInteger, isUrl, minimum, maximum, pattern } = limitsOf(schema);
	switch (def.type) {
		case 'string':
			return {
				type: 'text',
				...given({ minLength: minimum, maxLength: maximum, pattern: pattern?.source }),
				...(isUrl ? { format: 'uri' } : {}),
			};
		case 'number':
			return { type: isInteger ? 'integer' : 'number', ...given({ minimum, maximum }) };
		case 'boolean':
			return { type: 'boolean' };
		case 'enum':
			return { type: 'choice', choices: Object.values(def.entries) };
		case 'literal':
			return { type: 'choice', choices: def.values as Array<string | number> };
		case 'array': {
			const item = (def.element as z.core.$ZodTypes)._zod.def;
			if (item.type !== 'object') throw new Error(`The items of ${name} are not objects`);
			return {
				type: 'list',
				...given({ minItems: minimum, maxItems: maximum }),
				items: readShape(item.shape),
			};
		}
		default:
			throw new Error(`Field ${name} has a type that no editor shows: ${def.type}`);
	}
}

interface Limits {
	isInteger?: boolean;
	isUrl?: boolean;
	/** Of a number, or of a length. */
	minimum?: number;
	maximum?: number;
	pattern?: RegExp;
}

/**
 * What the schema's checks demand. `_zod.bag` sums them up, but newer versions of zod leave it empty, and the ranges
 * would be gone from every editor and message.
 */
function limitsOf(schema: z.core.$ZodType): Limits {
	const { def } = schema._zod;
	const limits: Limits = {};
	// A format of its own (z.int(), z.url()) stands in the definition, one that was added among the checks.
	const checks = [
		def,
		...(def.checks ?? []).map(({ _zod }) => _zod.def),
	] as z.core.$ZodChecks['_zod']['def'][];
	for (const check of checks) {
		switch (check.check) {
			case 'number_format':
				limits.isInteger = check.format === 'safeint';
				break;
			case 'string_format':
				if (check.format === 'url') limits.isUrl = true;
				else if (check.pattern) limits.pattern = check.pattern;
				break;
			case 'greater_than':
				limits.minimum = Number(check.value);
				break;
			case 'less_than':
				limits.maximum = Number(check.value);
				break;
			case 'min_length':
				limits.minimum = check.minimum;
				break;
			case 'max_length':
				limits.maximum = check.maximum;
		}
	}
	return limits;
}

/** Without the members that are undefined: many readers ask whether a member is there. */
const given = <T extends object>(members: T): Partial<T> =>
	Object.fromEntries(
		Object.entries(members).filter(([, value]) => value !== undefined),
	) as Partial<T>;

/** The field that says what to show: `prompt`, or the list whose items have one. */
const saysWhatToShow = ({ name, type, required, items }: Field): boolean =>
	(name === 'prompt' && type === 'text') ||
	(type === 'list' && required && items?.some((inner) => inner.name === 'prompt') === true);

/** As an editor shows them: what to show first, what few people set last, else in the documented order. */
export function editorOrder(fields: readonly Field[]): Field[] {
	const rank = (field: Field): number => {
		if (saysWhatToShow(field)) return 0;
		if (field.name === 'negative_prompt') return 1;
		const isAside = field.role === 'callback' || field.role === 'tracking';
		return isAside || field.advanced ? 3 : 2;
	};
	return [...fields].sort((a, b) => rank(a) - rank(b));
}

/** Shown at the top level of an editor; the rest is folded away. */
export const isMainField = (field: Field): boolean =>
	field.main ?? (field.required || field.always === true);

/** What is allowed, as a phrase: "a whole number from 256 to 1024". */
export function allowedPhrase(field: Field): string {
	const { minimum, maximum, minLength = 0, maxLength } = field;
	switch (field.type) {
		case 'choice':
			return `one of ${(field.choices ?? []).join(', ')}${field.open ? ' (others may work too)' : ''}`;
		case 'boolean':
			return 'true or false (or yes or no)';
		case 'json':
			return 'a JSON object, such as {"name": "value"}';
		case 'integer':
		case 'number': {
			const kind = field.type === 'integer' ? 'a whole number' : 'a number';
			const steps = field.step === undefined ? '' : ` in steps of ${field.step}`;
			if (minimum !== undefined && maximum !== undefined)
				return `${kind} from ${minimum} to ${maximum}${steps}`;
			if (minimum !== undefined) return `${kind}, ${minimum} or more`;
			if (maximum !== undefined) return `${kind}, at most ${maximum}`;
			return kind;
		}
		case 'list': {
			const { itemTitle = 'item', minItems = 0, maxItems } = field;
			const bounds = [
				...(minItems > 0 ? [`at least ${minItems}`] : []),
				...(maxItems === undefined ? [] : [`at most ${maxItems}`]),
			];
			const number = bounds.length > 0 ? `${bounds.join(' and ')} ` : '';
			const each = field.plain ? '' : `, each an object with ${memberNames(field)}`;
			return `a list of ${number}(${itemTitle})${each}`;
		}
		case 'text':
			if (field.media) return mediaPhrase(field.media);
			if (field.format === 'uri') return 'a full web address that starts with http:// or https://';
			if (field.pattern && field.placeholder) {
				return `${field.form ? `${field.form}, ` : 'text '}such as ${field.placeholder}`;
			}
			if (maxLength !== undefined)
				return `text of ${Math.max(minLength, 1)} to ${maxLength} characters`;
			return minLength > 0 ? 'text that is not empty' : 'text';
	}
}

/** The members of a list's items, as a phrase: "frames and prompt". */
export function memberNames({ items = [] }: Field): string {
	const names = items.map(({ name }) => name);
	return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
/** "the web address or the data URL of a picture". */
function mediaPhrase({ kind, accepts }: NonNullable<Field['media']>): string {
	const forms = [
		...(accepts.includes('url') ? ['the web address'] : []),
		...(takesFile(accepts) ? ['the data URL'] : []),
		...(accepts.includes('gs-uri') ? ['the gs:// address'] : []),
		...(accepts.includes('asset id') ? ['the asset ID'] : []),
	];
	return `${forms.join(' or ')} of a ${MEDIA_WORDS[kind]}`;
}

export const MEDIA_WORDS: Record<MediaKind, string> = {
	image: 'picture',
	video: 'video',
	audio: 'sound file',
};

/** Whether the file itself can be sent, and not only where it lies. */
export const takesFile = (accepts: MediaLimits['accepts']): boolean =>
	accepts.includes('data-uri') || accepts.includes('base64');
