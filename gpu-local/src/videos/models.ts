import { Queue } from '../queue/queue.ts';
import type { ModelInfo } from '../engines/engine.ts';
import type { WorkerRecord } from '../store/workers.ts';
import { ApiError } from './errors.ts';

export interface Choice {
	model: ModelInfo;
	/** Where runs of it are queued. */
	queue: string;
	/** True where another model was asked for, and this one stands in. */
	substituted: boolean;
}

const DIRECTORY_OR_ENDING = /^.*[\\/]|\.(safetensors|ckpt|pt|gguf)$/gi;

/** What all live machines together can make; the first to offer a model describes it. */
export function knownModels(workers: WorkerRecord[]): ModelInfo[] {
	const models = new Map<string, ModelInfo>();
	for (const worker of workers) {
		for (const model of worker.models) {
			const key = `${model.kind}/${model.id}`;
			const known = models.get(key);
			if (!known || (known.available === false && model.available !== false)) {
				models.set(key, model);
			}
		}
	}
	return [...models.values()];
}

/** Why no job at all would run now, and what to do; undefined where one would. */
export function whyNoJobRuns(workers: WorkerRecord[]): string | undefined {
	if (workers.length === 0) {
		return 'No machine that makes videos is connected. Start one with "gpu-local worker", or run "gpu-local doctor".';
	}
	const checkpoints = knownModels(workers).filter(({ kind }) => kind === 'checkpoint');
	const machines = workers.map(({ engine, host }) => `${engine} on ${host}`).join(', ');
	const [first] = checkpoints;
	if (!first) {
		return `The connected machine (${machines}) has no model. Add one with "gpu-local models add", or run "gpu-local doctor".`;
	}
	if (checkpoints.some(({ available }) => available !== false)) return undefined;
	return `The connected machine (${machines}) has no model that can run now. ${unavailable(first).message} Run "gpu-local doctor".`;
}

/** What people are told of a job whose model no connected machine has. */
export function whyItWaits(workers: WorkerRecord[], model: string): string | undefined {
	const there = workers.some(({ models }) =>
		models.some(
			({ id, kind, available }) => id === model && kind === 'checkpoint' && available !== false,
		),
	);
	if (there) return undefined;
	return `No connected machine has the model "${model}" now. The job waits until one has; cancel it if none will.`;
}

/**
 * The model that a request names, by its id or by the id without a file ending (`x.safetensors`), by
 * the user's aliases, or the stand-in of an engine for which every name is the same.
 */
export function chooseModel(
	workers: WorkerRecord[],
	name: string | undefined,
	options: { defaultModel: string | undefined; aliases: Record<string, string> },
): Choice {
	const checkpoints = knownModels(workers).filter(({ kind }) => kind === 'checkpoint');
	const usable = checkpoints.filter(({ available }) => available !== false);
	if (checkpoints.length === 0) {
		throw new ApiError(503, 'unavailable', whyNoJobRuns(workers)!, { retryAfterSeconds: 30 });
	}
	const wanted = name ?? options.defaultModel;
	const found =
		wanted === undefined
			? (usable[0] ?? checkpoints[0])
			: byName(checkpoints, options.aliases[wanted] ?? wanted);
	if (found) {
		if (found.available === false) throw unavailable(found);
		return choice(found, false);
	}
	const fallback = workers.map((worker) => worker.fallback_model).find((id) => id !== null);
	const standIn = usable.find(({ id }) => id === fallback);
	if (standIn) return choice(standIn, true);
	throw new ApiError(
		404,
		'model_not_found',
		`There is no model "${shorten(wanted ?? '')}" here. The models are: ${usable.map(({ id }) => id).join(', ') || 'none yet'}. Choose one of them, install it, or give it this name with --model-alias.`,
		{ field: 'model' },
	);
}

function byName(models: ModelInfo[], name: string): ModelInfo | undefined {
	const plain = name.replace(DIRECTORY_OR_ENDING, '').toLowerCase();
	return (
		models.find(({ id }) => id === name) ??
		models.find(({ id }) => id.replace(DIRECTORY_OR_ENDING, '').toLowerCase() === plain)
	);
}

const choice = (model: ModelInfo, substituted: boolean): Choice => ({
	model,
	queue: Queue.videoQueue(model.id),
	substituted,
});

const unavailable = (model: ModelInfo): ApiError =>
	new ApiError(
		503,
		'unavailable',
		`The model "${model.id}" cannot run now: ${model.unavailableReason ?? 'its machine says so'}.`,
		{ field: 'model' },
	);

export const shorten = (text: string): string =>
	text.length <= 80 ? text : `${text.slice(0, 80).replace(/[\ud800-\udbff]$/, '')}…`;
