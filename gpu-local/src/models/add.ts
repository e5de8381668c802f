import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../lib/usageError.ts';
import { digestFile, downloadFolder, downloadFromHub, parseHubSource } from './hub.ts';
import type { HubOptions, HubSource, Weights } from './hub.ts';
import type { ConvertEmbedding } from './convertEmbedding.ts';
import { checkLightVae } from './lightVae.ts';
import { publishedOf } from './published.ts';
import { recipeOf } from './recipes.ts';
import { recognise } from './recognise.ts';
import type { Kind, Recognised } from './recognise.ts';
import { ALIAS } from './registry.ts';
import type { ModelEntry, ModelRegistry } from './registry.ts';
import { readTable } from './table.ts';

/** What a person may say about a model when adding it; the rest is read from its files. */
export interface AddOptions extends Pick<
	ModelEntry,
	| 'title'
	| 'motionAdapter'
	| 'config'
	| 'base'
	| 'lowNoise'
	| 'lightVae'
	| 'defaults'
	| 'negativePrompt'
	| 'scheduler'
	| 'sigmas'
	| 'loras'
	| 'profile'
	| 'gpus'
> {
	name?: string | undefined;
	kind?: Kind | undefined;
	/** A way of making videos in few steps, of recipes.ts. */
	recipe?: string | undefined;
	hub: HubOptions;
	convert: ConvertEmbedding;
	say(line: string): void;
}

/** Where a model's files are, and where they came from. */
interface Placed {
	path: string;
	source?: { repository: string; revision: string };
}

/** Adds a local folder or file where it lies, or downloads one from a hub first. */
export async function addModel(
	registry: ModelRegistry,
	what: string,
	options: AddOptions,
): Promise<ModelEntry> {
	const source = parseHubSource(what);
	const alias = options.name ?? defaultAlias(source, what);
	if (!ALIAS.test(alias)) {
		throw new UsageError(
			`"${alias}" cannot be a model's name: use letters, digits, ".", "_" and "-", at most 128.`,
		);
	}
	const given: Placed = source
		? await download(registry, source, options)
		: { path: resolve(what) };
	const got = PICKLE.test(given.path)
		? { ...given, path: await converted(registry, alias, given.path, options) }
		: given;
	const found = await recognise(got.path);
	if (options.kind !== undefined && !compatible(options.kind, found.kind)) {
		throw new UsageError(`${what} is a ${found.kind}, not a ${options.kind}.`);
	}
	const {
		name: _,
		kind: asked,
		hub: __,
		say: ___,
		recipe: ____,
		convert: _____,
		...said
	} = options;
	const kind = asked ?? found.kind;
	if (options.recipe !== undefined) recipeOf(options.recipe, found.family);
	if (options.gpus !== undefined) checkGpus(options.gpus, kind, found.family);
	const described: ModelEntry = {
		...said,
		...(kind === 'checkpoint'
			? settingsOf(found, source?.repository ?? basename(what), options)
			: {}),
		alias,
		kind,
		family: found.family,
		...(found.startImage ? { startImage: found.startImage } : {}),
		path: stored(registry.folder, got.path),
		sizeBytes: found.sizeBytes,
		...(got.source ? { source: got.source } : {}),
	};
	await checkLightVae(registry, described);
	options.say(`Reading ${found.files.length} file(s) once, for "gpu-local models verify" …`);
	const entry = { ...described, files: await checksums(got.path, found.files) };
	await registry.add(entry);
	return entry;
}

function checkGpus(gpus: number, kind: Kind, family: string): void {
	const { families } = readTable();
	if (kind === 'checkpoint' && families[family]?.severalGpus) return;
	const able = Object.values(families).filter(({ severalGpus }) => severalGpus);
	throw new UsageError(
		`--gpus is ${gpus}, and this is a ${kind} of ${families[family]?.title ?? family}. Several devices can make one video with a checkpoint of: ${able.map(({ title }) => title).join(', ')}.`,
	);
}

/** What people have of many embeddings: a format that can run code when it is read by others. */
const PICKLE = /\.(pt|bin)$/i;
const CONVERTED = 'converted';

async function converted(
	registry: ModelRegistry,
	alias: string,
	path: string,
	options: AddOptions,
): Promise<string> {
	if (!(await stat(path).catch(() => undefined))) throw new UsageError(`${path} is not there.`);
	const target = join(registry.folder, CONVERTED, `${alias}.safetensors`);
	await mkdir(dirname(target), { recursive: true });
	await options.convert(path, target);
	options.say(`Converted ${basename(path)} to .safetensors; nothing of it was run.`);
	return target;
}

/**
 * What the model's requests are completed with: what the person said, what a recipe says, what its makers
 * published. The first that says something rules.
 */
function settingsOf(
	{ family, facts }: Recognised,
	name: string,
	options: AddOptions,
): Pick<ModelEntry, 'defaults' | 'negativePrompt' | 'scheduler' | 'sigmas'> {
	const experts = options.lowNoise !== undefined || facts?.experts === true;
	const published = facts && publishedOf({ ...facts, family, name, experts });
	const wanted = options.recipe ?? published?.recipe;
	const recipe = wanted === undefined ? undefined : recipeOf(wanted);
	if (published) options.say(`It is ${published.title}; its makers' settings were taken.`);
	if (recipe) options.say(`Recipe ${wanted}: ${recipe.title}.`);
	if (recipe && options.recipe !== undefined && !options.loras) {
		options.say('No --lora was named, so the model itself must be made for this recipe.');
	}
	const of = recipe ?? published;
	const defaults = { ...published?.defaults, ...recipe?.defaults, ...options.defaults };
	const negativePrompt = options.negativePrompt ?? published?.negativePrompt;
	const scheduler = options.scheduler ?? of?.scheduler;
	const sigmas = options.sigmas ?? of?.sigmas;
	return {
		...(Object.keys(defaults).length > 0 ? { defaults } : {}),
		...(negativePrompt ? { negativePrompt } : {}),
		...(scheduler === undefined ? {} : { scheduler }),
		...(sigmas === undefined ? {} : { sigmas }),
	};
}

/** A whole folder has its configuration too, and parts for a denoiser in a file of its own. */
const compatible = (asked: Kind, found: Kind): boolean =>
	asked === found || (found === 'checkpoint' && (asked === 'sd-config' || asked === 'base'));

const defaultAlias = (source: HubSource | undefined, what: string): string =>
	(source ? basename(source.file ?? source.repository) : basename(resolve(what)))
		.replace(/\.(safetensors|gguf|pt|bin)$/i, '')
		.replaceAll(/[^A-Za-z0-9._-]/g, '-');

/** Relative inside the models folder, so that the folder can be moved. */
function stored(modelsFolder: string, path: string): string {
	const inside = relative(modelsFolder, path);
	return inside.startsWith('..') || inside === path ? path : inside.split(sep).join('/');
}

const weightsOf = (kind: Kind | undefined): Weights =>
	kind === 'sd-config' ? 'none' : kind === 'base' ? 'others' : 'all';

async function download(
	registry: ModelRegistry,
	source: HubSource,
	options: AddOptions,
): Promise<Placed> {
	const folder = downloadFolder(registry.folder, source);
	const revision = await downloadFromHub(source, folder, weightsOf(options.kind), options.hub);
	options.say(`Downloaded ${source.repository} at ${revision}.`);
	const path = source.file === undefined ? folder : join(folder, basename(source.file));
	return { path, source: { repository: source.repository, revision } };
}

async function checksums(path: string, files: string[]): Promise<NonNullable<ModelEntry['files']>> {
	const sums: NonNullable<ModelEntry['files']> = {};
	for (const file of files) {
		const full = join(path, file);
		sums[file] = { bytes: (await stat(full)).size, sha256: await digestFile(full) };
	}
	return sums;
}

/** What is wrong with a model's files now; empty when they are as they were added. */
export async function verifyModel(registry: ModelRegistry, entry: ModelEntry): Promise<string[]> {
	const path = registry.pathOf(entry);
	try {
		await recognise(path);
	} catch (error) {
		return [(error as Error).message];
	}
	const problems: string[] = [];
	for (const [file, known] of Object.entries(entry.files ?? {})) {
		const full = join(path, file);
		const info = await stat(full).catch(() => undefined);
		if (!info) problems.push(`${full} is not there any more.`);
		else if (info.size !== known.bytes || (await digestFile(full)) !== known.sha256) {
			problems.push(`${full} has changed since it was added.`);
		}
	}
	return problems;
}

/** Takes a model out of the list, and its files away where `models add` downloaded or made them. */
export async function removeModel(registry: ModelRegistry, alias: string): Promise<boolean> {
	const entry = await registry.remove(alias);
	if (!entry) {
		const names = (await registry.list()).map((one) => one.alias).join(', ');
		throw new UsageError(`There is no model "${alias}". There is: ${names || 'none'}.`);
	}
	const [top, folder] = entry.path.split('/');
	if (top === CONVERTED) {
		await rm(registry.pathOf(entry), { force: true });
		return true;
	}
	const shared = (await registry.list()).some(({ path }) => path.startsWith(`${top}/${folder}`));
	if (entry.source === undefined || top !== 'downloads' || !folder || shared) return false;
	await rm(join(registry.folder, top, folder), { recursive: true, force: true });
	return true;
}
