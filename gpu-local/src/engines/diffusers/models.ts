import { baseOf, ENDING, isDenoiserFile } from '../../models/parts.ts';
import type { ModelEntry, ModelRegistry } from '../../models/registry.ts';
import type { FamilyRow } from '../../models/table.ts';
import { readTable } from '../../models/table.ts';
import { EngineError } from '../engine.ts';
import type { ModelInfo, OptionalField, VideoRequest } from '../engine.ts';
import type { WorkerModel } from './protocol.ts';

/**
 * What the server shows and checks requests against. `unready` says why nothing can run at all; `gpus` are
 * the devices that can make one video together.
 */
export function toModelInfos(
	entries: ModelEntry[],
	unready: string | undefined,
	gpus: number,
): ModelInfo[] {
	return entries.flatMap((entry) => {
		const row = readTable().families[entry.family];
		const common = {
			id: entry.alias,
			title: entry.title ?? entry.alias,
			family: entry.family,
			...(row ? { baseModel: row.baseModel } : {}),
			...(entry.sizeBytes === undefined ? {} : { sizeBytes: entry.sizeBytes }),
		};
		if (entry.kind === 'lora') return [{ ...common, kind: 'lora' as const }];
		if (entry.kind === 'embedding') return [{ ...common, kind: 'textualinversion' as const }];
		if (entry.kind !== 'checkpoint' || !row) return [];
		return [
			{ ...common, ...checkpoint(entry, row, entries, unready ?? tooFewDevices(entry, gpus)) },
		];
	});
}

function checkpoint(
	entry: ModelEntry,
	row: FamilyRow,
	entries: ModelEntry[],
	unready: string | undefined,
): Omit<ModelInfo, 'id' | 'title' | 'family'> {
	const reason = unready ?? missingPart(entry, entries);
	return {
		kind: 'checkpoint',
		defaults: { ...row.defaults, ...entry.defaults },
		// Any even size and any length is made exactly: larger, then cropped and trimmed.
		sizeMultiple: 2,
		supports: [
			...(row.supports as OptionalField[]),
			...(entry.startImage ? (['input_reference'] as const) : []),
		],
		...(entry.startImage === 'required' ? { requires: ['input_reference'] as const } : {}),
		schedulers: Object.keys(row.schedulers),
		minSteps: {
			least: row.minSteps,
			schedulers: readTable().minSteps,
			...(entry.scheduler ? { own: entry.scheduler } : {}),
		},
		available: reason === undefined,
		...(reason === undefined ? {} : { unavailableReason: reason }),
	};
}

function tooFewDevices({ gpus = 1 }: ModelEntry, there: number): string | undefined {
	if (gpus <= there) return undefined;
	return `it asks for ${gpus} devices for one video (--gpus ${gpus}), and here one video has ${there}; group devices, for example with GPU_LOCAL_DEVICES=${exampleGroup(gpus)}, or add the model again with fewer`;
}

const exampleGroup = (gpus: number): string =>
	Array.from({ length: gpus }, (_, index) => `cuda:${index}`).join('+');

/** A picture checkpoint needs parts that are models of their own. */
function missingPart(entry: ModelEntry, entries: ModelEntry[]): string | undefined {
	if (isDenoiserFile(entry) && !baseOf(entry, entries)) {
		return 'it is a single file and needs the other parts of its folder; add them with "gpu-local models add <folder or hub:…> --kind base", and name them with --base';
	}
	if (entry.family !== 'animatediff' || entry.files?.['motion_adapter/config.json']) {
		return undefined;
	}
	if (!partOf(entry.motionAdapter, 'motion-adapter', entries)) {
		return 'it needs a motion adapter; add one with "gpu-local models add <file> --kind motion-adapter"';
	}
	if (ENDING.test(entry.path) && !partOf(entry.config, 'sd-config', entries)) {
		return 'it is a single file and needs the configuration of SD 1.x; add it with "gpu-local models add <folder> --kind sd-config"';
	}
	return undefined;
}

/** The named part, or where none is named the only one there is (for a configuration: any SD 1.x folder). */
function partOf(
	alias: string | undefined,
	kind: 'motion-adapter' | 'sd-config',
	entries: ModelEntry[],
): ModelEntry | undefined {
	if (alias !== undefined) return entries.find((entry) => entry.alias === alias);
	const found = entries.filter((entry) => entry.kind === kind);
	if (found[0] || kind === 'motion-adapter') return found[0];
	return entries.find(
		(entry) =>
			entry.kind === 'checkpoint' && entry.family === 'animatediff' && !ENDING.test(entry.path),
	);
}

/** An alias as a request writes it: with or without the ending that other services' names have. */
function find(entries: ModelEntry[], kind: ModelEntry['kind'], name: string, field: string) {
	const plain = name.replace(ENDING, '').toLowerCase();
	const ofKind = entries.filter((entry) => entry.kind === kind);
	const found =
		ofKind.find(({ alias }) => alias === name) ??
		ofKind.find(({ alias }) => alias.replace(ENDING, '').toLowerCase() === plain);
	if (found) return found;
	const known = ofKind.map(({ alias }) => alias).join(', ');
	throw new EngineError(
		'model_not_found',
		`There is no ${kind} "${name}" on this machine. There is: ${known || 'none'}.`,
		{ field, remedy: 'Add it with "gpu-local models add".' },
	);
}

/** The model of a request, with every part's place on this machine. */
export function resolveModel(
	registry: ModelRegistry,
	entries: ModelEntry[],
	name: string,
): WorkerModel {
	const entry = find(entries, 'checkpoint', name, 'model');
	const motion = partOf(entry.motionAdapter, 'motion-adapter', entries);
	const config = partOf(entry.config, 'sd-config', entries);
	const base = isDenoiserFile(entry) ? baseOf(entry, entries) : undefined;
	const low = entry.lowNoise && find(entries, 'checkpoint', entry.lowNoise, 'model');
	const light = entry.lightVae && find(entries, 'vae', entry.lightVae, 'model');
	const own = entry.loras?.map(({ alias, strength }) => ({
		name: alias,
		path: registry.pathOf(find(entries, 'lora', alias, 'model')),
		strength,
	}));
	return {
		alias: entry.alias,
		family: entry.family,
		path: registry.pathOf(entry),
		...(entry.family === 'animatediff' && motion
			? { motion_adapter: registry.pathOf(motion) }
			: {}),
		...(entry.family === 'animatediff' && config ? { config: registry.pathOf(config) } : {}),
		...(base ? { base: registry.pathOf(base) } : {}),
		...(low ? { low_noise: registry.pathOf(low) } : {}),
		...(light ? { light_vae: registry.pathOf(light) } : {}),
		...(entry.defaults ? { defaults: entry.defaults } : {}),
		...(entry.negativePrompt ? { negative_prompt: entry.negativePrompt } : {}),
		...(entry.scheduler ? { scheduler: entry.scheduler } : {}),
		...(entry.sigmas ? { sigmas: entry.sigmas } : {}),
		...(own ? { loras: own } : {}),
		...(entry.profile ? { profile: entry.profile } : {}),
		...(entry.gpus ? { gpus: entry.gpus } : {}),
	};
}

/** The request as the worker reads it: LoRAs and embeddings with their files. */
export function resolveRequest(
	registry: ModelRegistry,
	entries: ModelEntry[],
	request: VideoRequest,
	picturePath: string | undefined,
): Record<string, unknown> {
	const place = (kind: 'lora' | 'embedding', field: string, name: string) => {
		const entry = find(entries, kind, name, field);
		return { model_name: entry.alias.replace(ENDING, ''), path: registry.pathOf(entry) };
	};
	return {
		...request,
		input_reference: picturePath,
		loras: request.loras?.map((lora) => ({
			...place('lora', 'loras', lora.model_name),
			strength: lora.strength,
		})),
		embeddings: request.embeddings?.map((one) => place('embedding', 'embeddings', one.model_name)),
	};
}
