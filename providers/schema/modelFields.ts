/** From a model of the catalogue to the flat list of fields that every generator walks. */
import { definitionOf } from '../catalogue';
import type { FieldEntry, MediaKind, ModelEntry } from '../catalogue/types';
import type { ProviderModels } from '../contract';
import { isMainField, type Field } from './fields';

const MEDIA: readonly string[] = ['image', 'video', 'audio'] satisfies MediaKind[];
const EXAMPLES: Record<MediaKind, string> = {
	image: 'e.g. https://example.com/picture.png',
	video: 'e.g. https://example.com/video.mp4',
	audio: 'e.g. https://example.com/voice.mp3',
};
const UUID = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
/** The field of a list of plain values, in the editors that want a name for it. */
const PLAIN = 'value';

/**
 * The model's own fields, with those of the provider's entry that the model does not have a field for (its name, the
 * tracking id, the extra parameters).
 *
 * @param base fields of the provider's own request
 */
export function modelFields(models: ProviderModels, model: ModelEntry, base: Field[]): Field[] {
	const { adapt } = models;
	const required = new Set(model.required);
	const always = new Set(model.requiredWithDefault);
	const own = (model.fields ?? []).map((key) => {
		const { name } = definitionOf(key);
		const known = base.find((field) => field.name === name);
		const isAlways = always.has(name);
		const made = sharedField(key, {
			...(known?.placeholder ? { placeholder: known.placeholder } : {}),
			// Where a person finds it may not depend on the model, or its value would be lost with another one.
			main: known !== undefined && isMainField(known),
			...(isAlways ? { always: true } : {}),
			required: required.has(name) && !isAlways,
		});
		return adapt ? adapt(made, model) : made;
	});
	const names = new Set(own.map(({ name }) => name));
	const others = base
		.filter(({ name }) => !names.has(name))
		.map((field) => (adapt ? adapt(field, model) : field));
	const [naming, ...rest] = others.sort(
		(a, b) => Number(b.name === models.field) - Number(a.name === models.field),
	);
	return naming ? [naming, ...own, ...rest] : own;
}

const shared = new Map<string, Field>();

/** Many models have the same field: it is made once, and who walks all models can tell by identity. */
function sharedField(key: string, more: Partial<Field> & Pick<Field, 'required'>): Field {
	const whole = `${key} ${JSON.stringify(more)}`;
	let field = shared.get(whole);
	if (!field) {
		const made = fieldOf(definitionOf(key));
		// An example of the field's own says more than that of the entry.
		field = { ...made, ...more, ...(made.placeholder ? { placeholder: made.placeholder } : {}) };
		shared.set(whole, field);
	}
	return field;
}

function fieldOf(entry: FieldEntry): Omit<Field, 'required'> {
	const { name, title = name, help = '', role, as, wire, part, multiline, open, labels } = entry;
	return {
		name,
		title,
		help,
		...typeOf(entry),
		...defined({
			role,
			as,
			wire,
			part,
			multiline,
			open,
			labels,
			with: entry.with,
			default: entry.default,
			initial: entry.initial,
			minimum: entry.minimum,
			maximum: entry.maximum,
			step: entry.step,
			maxLength: entry.maxLength,
			minItems: entry.minItems,
			maxItems: entry.maxItems,
			itemTitle: entry.itemTitle,
		}),
	};
}

type TypePart = Pick<Field, 'type'> & Partial<Field>;

function typeOf(entry: FieldEntry): TypePart {
	if (isMedia(entry.type)) return mediaOf(entry.type, entry);
	switch (entry.type) {
		case 'choice':
			return { type: 'choice', choices: entry.enum ?? [] };
		case 'list':
			return { type: 'list', ...itemsOf(entry) };
		case 'text':
			return entry.format === 'uuid'
				? { type: 'text', pattern: UUID, placeholder: 'e.g. 0b1f4c9e-52a3-4a8b-9d57-3c1f0e6a2b44' }
				: { type: 'text', minLength: 1 };
		default:
			return { type: entry.type };
	}
}

const isMedia = (type: string): type is MediaKind => MEDIA.includes(type);

function mediaOf(kind: MediaKind, limits: FieldEntry | NonNullable<FieldEntry['item']>): TypePart {
	const { accepts = [], formats, maxMegabytes, minPixels, maxPixels, minShortSide } = limits;
	const { minRatio, maxRatio, maxSeconds } = limits;
	return {
		type: 'text',
		minLength: 1,
		placeholder: EXAMPLES[kind],
		media: {
			kind,
			accepts,
			...defined({ formats, maxMegabytes, minPixels, maxPixels, minShortSide }),
			...defined({ minRatio, maxRatio, maxSeconds }),
		},
	};
}

function itemsOf({ item, itemFields = [], requiredItemFields = [], itemTitle = '' }: FieldEntry) {
	if (item) {
		const { type, multiline } = item;
		const what: TypePart = isMedia(type) ? mediaOf(type, item) : { type: 'text', minLength: 1 };
		const field: Field = {
			name: PLAIN,
			title: itemTitle,
			help: ITEM_HELP[type],
			required: true,
			...what,
			...(multiline ? { multiline } : {}),
		};
		return { plain: true, items: [field] };
	}
	return {
		items: itemFields.map((key) => {
			const field = fieldOf(definitionOf(key));
			return { ...field, required: requiredItemFields.includes(field.name) };
		}),
	};
}

const ITEM_HELP: Record<MediaKind | 'text', string> = {
	text: 'What this one shows.',
	image: 'Where the picture lies.',
	video: 'Where the video lies.',
	audio: 'Where the sound file lies.',
};

/** Without the members that are undefined: many readers ask whether a member is there. */
const defined = <T extends object>(members: T): Partial<T> =>
	Object.fromEntries(
		Object.entries(members).filter(([, value]) => value !== undefined),
	) as Partial<T>;
