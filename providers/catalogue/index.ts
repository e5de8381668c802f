/**
 * The models of each account. The data is read with the package (a millisecond); what a model needs beyond a list of
 * fields, its schema, is made when a request of it is first validated.
 */
import type { Catalogue, Definitions, FieldEntry, ModelEntry, RuleEntry } from './types';
import aimlapi from './data/aimlapi.json';
import definitionData from './data/definitions.json';
import modelslab from './data/modelslab.json';
import novita from './data/novita.json';

// The compiler knows the literals of each file better than the types that they share; a test holds them together.
const definitions = definitionData as unknown as Definitions;

export const aimlapiCatalogue = aimlapi as unknown as Catalogue;
export const modelslabCatalogue = modelslab as unknown as Catalogue;
export const novitaCatalogue = novita as unknown as Catalogue;

export const fieldRoles: readonly string[] = definitions.roles;

/** A definition with what all definitions of its name have in common. */
export function definitionOf(key: string): FieldEntry {
	const found = definitions.fields[key];
	if (!found) throw new Error(`The catalogue defines no field "${key}"`);
	return { ...definitions.words[found.name], ...found };
}

export function ruleOf(name: string): RuleEntry {
	const found = definitions.rules[name];
	if (!found) throw new Error(`The catalogue defines no rule "${name}"`);
	return found;
}

/** By the name that is sent, or by another name of the same model. */
export function findModel({ models }: Catalogue, name: unknown): ModelEntry | undefined {
	if (typeof name !== 'string') return undefined;
	const wanted = name.trim();
	return models.find(({ id, aliases = [] }) => id === wanted || aliases.includes(wanted));
}

/** What to take instead of a model that is gone, as the end of a sentence; nothing where it is not. */
export function replacementOf(catalogue: Catalogue, name: unknown): string | undefined {
	const model = findModel(catalogue, name);
	if (!model?.replacement) return undefined;
	const title = findModel(catalogue, model.replacement)?.title;
	return title ? `${title} (${model.replacement})` : model.replacement;
}

/** A model that is there, of the same maker where the name tells it: the provider's first choices come first. */
export function similarTo(catalogue: Catalogue, name: unknown): string {
	const own = findModel(catalogue, name);
	const prefix = String(name).split(/[/_-]/)[0]!.toLowerCase();
	const isAlike = ({ id, maker }: ModelEntry) =>
		own ? maker === own.maker : id.toLowerCase().startsWith(prefix);
	const first = catalogue.firstChoices.flatMap(({ id }) => findModel(catalogue, id) ?? []);
	const others = [...first, ...usableModels(catalogue)].filter((model) => model !== own);
	const found = others.find(isAlike) ?? others[0];
	return found ? `${found.title} (${found.id})` : 'another model';
}

export const usableModels = ({ models }: Catalogue): ModelEntry[] =>
	models.filter(({ status }) => status === 'usable');

/**
 * Whether a model of a live list is one to choose for a prompt, by its names: Sora ended with its maker's service, and
 * what makes videos out of pictures or videos alone is none.
 */
export const isForPrompts = (...names: unknown[]): boolean =>
	!names.some((name) =>
		/\bsora\b|(image|video)-to-video|\b[iv]2v\b|upscal|lip-?sync|motion-control/i.test(
			String(name),
		),
	);

/** The part of a catalogue that goes to one endpoint of the account. */
export const ofEndpoint = (catalogue: Catalogue, endpoint: string | undefined): Catalogue => {
	const models = catalogue.models.filter((model) => model.endpoint === endpoint);
	const ids = new Set(models.map(({ id }) => id));
	return {
		...catalogue,
		models,
		firstChoices: catalogue.firstChoices.filter(({ id }) => ids.has(id)),
	};
};
