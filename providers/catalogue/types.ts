/**
 * The catalogue: models as data. A list of presets, not a closed list: names come and go every month, and a model that
 * is not here goes by its name and the extra parameters. Adding one is adding an entry to a file in `data/`.
 *
 * A test holds every entry against these types and the rules among the members.
 */
import type { JsonObject, JsonValue } from '../json';

/** How well something is known. */
export type Evidence =
	/** The provider's own document was read in full. */
	| 'document'
	/** Only a part of the provider's own page could be read. */
	| 'provider page excerpt'
	/** Seen in the code of clients only. */
	| 'client code';

/** What a field is for, in the order in which a model's fields are listed. */
export type FieldRole =
	| 'prompt'
	| 'shots'
	| 'shape'
	| 'size'
	| 'length'
	| 'frame rate'
	| 'sound'
	| 'spoken text'
	| 'voice'
	| 'first frame'
	| 'last frame'
	| 'reference image'
	| 'reference video'
	| 'source video'
	| 'reference audio'
	| 'continue from'
	| 'negative prompt'
	| 'style'
	| 'camera'
	| 'shot mode'
	| 'mode'
	| 'loop'
	| 'seed'
	| 'prompt strength'
	| 'prompt rewriting'
	| 'steps'
	| 'quality'
	| 'count'
	| 'watermark'
	| 'safety'
	| 'storage'
	| 'delivery'
	| 'routing'
	| 'callback'
	| 'tracking';

export type MediaKind = 'image' | 'video' | 'audio';

/** How a file can be given: a public address, `data:image/png;base64,…`, the bare Base64 text, an id of the maker, `gs://…`. */
export type MediaForm = 'url' | 'data-uri' | 'base64' | 'asset id' | 'gs-uri';

/** What a picture, video or sound must be. Only what is documented. */
export interface MediaLimits {
	accepts: MediaForm[];
	/** File name extensions. */
	formats?: string[];
	maxMegabytes?: number;
	/** Width and height in pixels, as `640x640`. */
	minPixels?: string;
	maxPixels?: string;
	/** Pixels. */
	minShortSide?: number;
	/** Width to height, as `2:5`. */
	minRatio?: string;
	maxRatio?: string;
	maxSeconds?: number;
}

/** A definition of a field; models name it by its key. `words` holds what definitions of one name have in common. */
export interface FieldEntry extends Partial<MediaLimits> {
	/** Unique within a model. */
	name: string;
	/** Where the value goes in the body, if not under its name: dots go into objects, [0] into a list, [] adds to a list. */
	wire?: string;
	type: 'text' | 'integer' | 'number' | 'boolean' | 'choice' | 'list' | MediaKind;
	/** `string`: the number is sent as text. */
	as?: 'string';
	/** Type of the values of a choice. */
	of?: 'text' | 'integer' | 'number';
	enum?: Array<string | number>;
	/** Other values may work too. */
	open?: boolean;
	labels?: Record<string, string>;
	role?: FieldRole;
	title?: string;
	help?: string;
	multiline?: boolean;
	format?: 'uuid';
	minimum?: number;
	maximum?: number;
	/** Allowed values are the minimum plus multiples of this. */
	step?: number;
	maxLength?: number;
	/** What the provider uses if the field is not sent. */
	default?: string | number | boolean;
	/** What an editor can start with where no default is documented. */
	initial?: string | number | boolean;
	/** What is sent instead of the bare value; {value}, {mimeType} and {base64} are filled in. */
	part?: JsonValue;
	/** Sent along with the value, by path. */
	with?: JsonObject;
	minItems?: number;
	maxItems?: number;
	maxTotalSeconds?: number;
	itemTitle?: string;
	/** What one member of a list is, where it is a plain value. */
	item?: Partial<MediaLimits> & { type: 'text' | MediaKind; multiline?: boolean };
	/** The fields of one member of a list, by their keys. */
	itemFields?: string[];
	requiredItemFields?: string[];
	doubts?: string[];
}

/** A bare value is compared with the value sent, or else with the default. */
export type Condition = string | number | boolean | { set: boolean } | { in: JsonValue[] };

/** A rule over several fields. */
export interface RuleEntry {
	/** All hold; empty: always. */
	if: Record<string, Condition>;
	then: {
		/** These fields, or these values, are not sent. */
		forbid?: string[] | Record<string, JsonValue[]>;
		/** The value sent, or else the default, is one of these. */
		allow?: Record<string, JsonValue[]>;
		require?: string[];
		anyOf?: string[];
		oneOf?: string[];
		/** The provider pays no heed to these. */
		ignore?: string[];
	};
	words: string;
	/** `inference`: follows from the sense, or from the same model elsewhere. A warning, not a refusal. */
	basis: 'document' | 'client code' | 'inference';
}

export interface ModelEntry {
	/** What is sent. */
	id: string;
	aliases?: string[];
	title: string;
	maker: string;
	/** `retired`: the provider took it away. `hidden`: its maker ended it. Neither is offered. */
	status: 'usable' | 'retired' | 'hidden';
	/** ISO date. */
	endedOn?: string;
	/** ISO date. */
	retiredOn?: string;
	/** What to take instead. */
	replacement?: string;
	/** Another name for the same model at the same provider. */
	sameAs?: string;
	evidence: Evidence;
	/** Of the name alone, where it is better known than the fields. */
	idEvidence?: Evidence;
	/** One of the endpoints of the account, where it is not the usual one. */
	endpoint?: string;
	/** A few words for the list of models. */
	hint?: string;
	/** Text alone is enough where absent. */
	startsFrom?: 'picture' | 'reference';
	sound?: 'switch' | 'always' | 'silent' | 'with spoken text' | 'not said';
	/** A single run that the provider describes. */
	run?: { seconds?: number; upTo?: number; size?: string; sound?: boolean };
	price?: JsonObject;
	/** Of the video. */
	limits?: { minSeconds?: number; maxSeconds?: number; maxResolution?: string };
	framesPerSecond?: number;
	/** `general`: only the name is known; the fields of the provider's entry serve. */
	fieldsFrom?: 'general';
	/** Keys of definitions. */
	fields?: string[];
	required?: string[];
	/** Needed although a default is documented: sent always. */
	requiredWithDefault?: string[];
	rules?: string[];
	doubts?: string[];
}

export interface Catalogue {
	/** ISO date of the newest source. */
	asOf: string;
	firstChoices: Array<{ id: string; words: string }>;
	/** Models that went before their names were seen. */
	retiredNames?: Array<{ title: string; retiredOn: string; replacement: string }>;
	models: ModelEntry[];
}

export interface Definitions {
	roles: FieldRole[];
	/** By field name. */
	words: Record<string, Partial<FieldEntry>>;
	/** By key. */
	fields: Record<string, FieldEntry>;
	/** By name. */
	rules: Record<string, RuleEntry>;
}
