import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerFolder } from '../setup/locations.ts';

export type StartImage = 'required' | 'optional';

/** A row of the worker's own tables (`families/*.json`): what a family of models can do. */
export interface FamilyRow {
	title: string;
	baseModel: string;
	checkpoints: string;
	pipelineClasses: string[];
	schedulers: Record<string, string>;
	/** Optional fields of a request that the family honours. */
	supports: string[];
	clipLayers: number;
	/** Steps that every model of the family needs at least. */
	minSteps: number;
	windowFrames: number;
	/** Whether several devices can make one video together. */
	severalGpus: boolean;
	/** Whether `(red:1.4)` means something to it. */
	promptWeights: boolean;
	prompts: 'travel' | 'clips';
	closedLoop: 'latent-shift' | 'ping-pong';
	/** Entries of a `model_index.json` that tell which models begin with a picture, always or where one is given. */
	startImage: Partial<Record<StartImage, Record<string, unknown>>>;
	defaults: Record<string, number>;
	/** Library → classes that a `model_index.json` of this family may name. */
	parts: Record<string, string[]>;
}

export interface Table {
	schedulerNames: string[];
	/** Steps that a scheduler needs at least, where that is more than one. */
	minSteps: Record<string, number>;
	/** In the order that people see. */
	families: Record<string, FamilyRow>;
	/** Library → classes that a `model_index.json` may name. */
	allowedParts: Record<string, string[]>;
}

interface Index {
	families: string[];
	schedulerNames: string[];
	minSteps: Record<string, number>;
	/** What a model of any family may have. */
	commonParts: Record<string, string[]>;
}

let table: Table | undefined;

export function readTable(): Table {
	table ??= assemble();
	return table;
}

/** Whether a model with this `model_index.json` begins its videos with a picture; undefined: never. */
export function startImageOf(
	row: FamilyRow,
	index: Record<string, unknown>,
): StartImage | undefined {
	const found = Object.entries(row.startImage).find(([, entries]) =>
		Object.entries(entries).every(([name, value]) => index[name] === value),
	);
	return found?.[0] as StartImage | undefined;
}

function assemble(): Table {
	const { families: names, schedulerNames, minSteps, commonParts } = read<Index>('index');
	const families = Object.fromEntries(names.map((name) => [name, read<FamilyRow>(name)]));
	const allowedParts: Record<string, string[]> = {};
	for (const parts of [commonParts, ...Object.values(families).map((row) => row.parts)]) {
		for (const [library, classes] of Object.entries(parts)) {
			allowedParts[library] = [...new Set([...(allowedParts[library] ?? []), ...classes])];
		}
	}
	return { schedulerNames, minSteps, families, allowedParts };
}

const read = <T>(name: string): T => readWorkerTable(`families/${name}.json`);

/** One of the tables that the worker goes by too. */
export function readWorkerTable<T>(name: string): T {
	const file = join(workerFolder(), 'text_to_video_worker', name);
	return JSON.parse(readFileSync(file, 'utf8')) as T;
}
