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
		throw new ApiError(
			503,
			'unavailable',
			'No machine that makes videos is connected. Start one with "gpu-local worker", or run "gpu-local doctor".',
			{ retryAfterSeconds: 30 },
		);
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
	text.length <= 80 ? text : `${text.slice(0, 80)}…`;
