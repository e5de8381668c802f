/**
 * What this node has learned about how long its videos take. n8n keeps the node's static data with a workflow whose
 * published version runs; what was learned in the editor, or by a worker whose write another one overtook, lasts as long
 * as the process.
 */
import type { IExecuteSingleFunctions } from 'n8n-workflow';
import {
	durationKind,
	learnedSeconds,
	noteDuration,
	withLearned,
	type Durations,
} from '../../../jobs/durations';
import type { Provider, RequestValues } from '../../../providers/contract';
import { ofModel } from '../../../providers/schema/ofModel';
import { isObject } from '../../../providers/schema/wire';

/** Of all nodes of this process. */
const ofProcess: Durations = {};

export interface Learning {
	/** The provider as it stands for the item's model, with what its jobs took. */
	provider: Provider;
	/** One more took so many seconds. */
	note(seconds: number, nowMs: number): void;
}

export function learningOf(
	context: IExecuteSingleFunctions,
	provider: Provider,
	values: RequestValues,
): Learning {
	const kind = durationKind(provider, values);
	const learned = learnedSeconds(stored(context), kind) ?? learnedSeconds(ofProcess, kind);
	return {
		provider: withLearned(ofModel(provider, values), learned),
		note(seconds, nowMs) {
			noteDuration(ofProcess, kind, seconds, nowMs);
			const durations = stored(context);
			noteDuration(durations, kind, seconds, nowMs);
			// One text: n8n watches what is set, and would wrap every member of an object.
			context.getWorkflowStaticData('node').durations = JSON.stringify(durations);
		},
	};
}

function stored(context: IExecuteSingleFunctions): Durations {
	const text = context.getWorkflowStaticData('node').durations;
	try {
		const durations: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
		return isObject(durations) ? (durations as unknown as Durations) : {};
	} catch {
		return {};
	}
}
