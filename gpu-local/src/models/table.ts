import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerFolder } from '../setup/locations.ts';

/** A row of the worker's own table (`families.json`): what a family of models can do. */
export interface FamilyRow {
	title: string;
	baseModel: string;
	checkpoints: string;
	pipelineClasses: string[];
	schedulers: Record<string, string>;
	/** Optional fields of a request that the family honours. */
	supports: string[];
	clipLayers: number;
	windowFrames: number;
	prompts: 'travel' | 'clips';
	closedLoop: 'latent-shift' | 'ping-pong';
	defaults: Record<string, number>;
}

export interface Table {
	schedulerNames: string[];
	families: Record<string, FamilyRow>;
	/** Library → classes that a `model_index.json` may name. */
	allowedParts: Record<string, string[]>;
}

let table: Table | undefined;

export function readTable(): Table {
	table ??= JSON.parse(
		readFileSync(join(workerFolder(), 'text_to_video_worker', 'families.json'), 'utf8'),
	) as Table;
	return table;
}
