/** The models of a provider for the documents: one row a model, with every field. Pure. */
import { definitionOf, findModel, ruleOf, usableModels } from '../catalogue';
import type { Evidence, ModelEntry } from '../catalogue/types';
import type { Provider } from '../contract';
import { fieldsOf, type Field } from './fields';
import { fieldsOfModel } from './ofModel';
import { markdownTable, range } from './tables';

const EVIDENCE: Record<Evidence, string> = {
	document: 'the document',
	'provider page excerpt': "a part of the provider's page",
	'client code': 'from client code, not from a document',
};

/** Every model that is offered. */
export function modelTable(provider: Provider): string {
	const { catalogue } = provider.models!;
	const rows = usableModels(catalogue).map((model) => [
		`${model.maker} › ${model.title}`,
		[model.id, ...(model.aliases ?? [])].map((name) => `\`${name}\``).join(' '),
		ownFields(provider, model).map(fieldText).join(' · ') || 'those of the table above',
		timeText(model),
		EVIDENCE[model.evidence],
		notesOf(model).join(' '),
	]);
	const head = ['Model', 'In the API', 'Fields', 'Takes', 'Known from', 'Notes'];
	return markdownTable([head, ...rows]);
}

/** Models that are gone, and what to take instead. */
export function retiredTable(provider: Provider): string | undefined {
	const { catalogue } = provider.models!;
	const title = (id: string | undefined) => findModel(catalogue, id)?.title ?? id ?? '';
	const rows = [
		...catalogue.models
			.filter(({ status }) => status !== 'usable')
			.map((model) => [
				model.title,
				`\`${model.id}\``,
				model.retiredOn ?? model.endedOn ?? '',
				title(model.replacement),
			]),
		...(catalogue.retiredNames ?? []).map((name) => [
			name.title,
			'',
			name.retiredOn,
			title(name.replacement),
		]),
	];
	if (rows.length === 0) return undefined;
	return markdownTable([['Retired', 'In the API', 'On', 'Instead'], ...rows]);
}

/** What the fields of all models do, once for each name and meaning. */
export function modelFieldTable(provider: Provider): string {
	const fields = usableModels(provider.models!.catalogue).flatMap((model) =>
		ownFields(provider, model).flatMap((field) => [field, ...inner(field)]),
	);
	const rows = fields.map(({ name, title, help }) => [`\`${name}\``, title, help]);
	const once = new Map(rows.map((row) => [row.join(' '), row]));
	const sorted = [...once.values()].sort((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1));
	return markdownTable([['Field', 'Title', 'What it does'], ...sorted]);
}

const inner = (field: Field): Field[] => (field.plain ? [] : (field.items ?? []));

function ownFields(provider: Provider, model: ModelEntry): Field[] {
	const names = new Set((model.fields ?? []).map((key) => definitionOf(key).name));
	// The prompt of most models is the one of the provider's entry.
	return fieldsOfModel(provider, model).filter(
		(field) => names.has(field.name) && !isPlainPrompt(provider, field),
	);
}

const isPlainPrompt = ({ request }: Provider, field: Field): boolean =>
	field.name === 'prompt' &&
	field.required &&
	field.maxLength === undefined &&
	fieldsOf(request).some(({ name }) => name === 'prompt');

function fieldText(field: Field): string {
	const values = field.media ? field.media.accepts.join(', ') : range(field);
	const start = field.default === undefined ? '' : ` (${String(field.default)})`;
	const sent = field.as === 'string' ? ' as text' : '';
	const needed = field.required ? '\\*' : '';
	const items = inner(field);
	const list = items.length > 0 ? `: ${items.map(fieldText).join(', ')}` : '';
	return `\`${field.name}\`${needed}${values && ` ${values}`}${sent}${start}${list}`;
}

function timeText({ run }: ModelEntry): string {
	if (run?.seconds === undefined) return '';
	return run.upTo === undefined ? `${run.seconds} s` : `${run.seconds} to ${run.upTo} s`;
}

const notesOf = (model: ModelEntry): string[] => [
	...(model.rules ?? []).map((name) => ruleOf(name).words),
	...(model.doubts ?? []),
];
