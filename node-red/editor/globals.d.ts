/** What Node-RED's editor and the build put into the page, as far as these scripts use it. */

/** A provider as the build writes it into the page: data only. */
interface EditorProvider {
	id: string;
	title: string;
	description: string;
	documentationUrl: string;
	/** Whose account it is, shorter than the title. */
	accountTitle: string;
	defaultBaseUrl: string;
	needsKey: boolean;
	callback: boolean;
	signsCallbacks: boolean;
	fields: EditorField[];
	/** Name of the field that takes a text payload: the prompt itself or the list that holds it. */
	promptField?: string;
	/** The field that names the model, where the models have fields of their own. */
	modelField?: string;
	models?: Array<{ names: string[]; fields: number[] }>;
	/** The fields of all models, each once. */
	modelFields?: EditorField[];
}

interface EditorField {
	name: string;
	title: string;
	help: string;
	type: 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'list' | 'json';
	required: boolean;
	/** Values beside the listed ones may work too. */
	open?: boolean;
	main: boolean;
	minimum?: number;
	maximum?: number;
	maxLength?: number;
	format?: string;
	pattern?: string;
	choices?: Array<string | number>;
	labels?: Record<string, string>;
	minItems?: number;
	maxItems?: number;
	items?: EditorField[];
	itemTitle?: string;
	default?: string | number | boolean;
	initial?: string | number | boolean;
	placeholder?: string;
	multiline?: boolean;
	search?: string;
	role?: 'callback' | 'tracking';
}

declare const textToVideoProviders: EditorProvider[];

/** One row as it is saved. */
type EditorRow =
	{ type: 'list'; value: Array<Record<string, EditorRow>> } | { type: string; value: string };

interface EditorNode {
	id: string;
	type: string;
	_: (key: string, values?: object) => string;
	credentials?: Record<string, string | boolean>;
	valid?: boolean;
	dirty?: boolean;
	/** Of a config node: the nodes that use it. */
	users?: EditorNode[];
	[key: string]: unknown;
}

interface TypedInputType {
	value: string;
	label?: string;
	icon?: string;
	hasValue?: boolean;
	options?: Array<{ value: string; label: string }>;
	validate?: (value: string, options?: unknown) => boolean | string;
	expand?: (this: { value(text?: string): string }) => void;
}

interface JQuery {
	typedInput(options: object): JQuery;
	typedInput(action: 'type' | 'value'): string;
	typedInput(action: 'type' | 'value', value: string): JQuery;
	typedInput(action: 'validate'): boolean;
	editableList(options: object): JQuery;
	editableList(action: 'addItem', data: object): JQuery;
	editableList(action: 'items'): JQuery;
}

declare const RED: {
	_: (key: string, values?: object) => string;
	nodes: {
		node(id: string): EditorNode | null;
		eachConfig(callback: (node: EditorNode) => boolean): void;
		filterLinks(filter: { source: EditorNode }): unknown[];
	};
	events: { on(event: string, listener: (about: never) => void): void };
	view: { redraw(): void };
	editor: { editText(options: object): void; validateNode(node: EditorNode): void };
	popover: {
		panel(content: JQuery): {
			show(options: object): void;
			hide(): void;
		};
		tooltip(target: JQuery, text: string): void;
	};
};
