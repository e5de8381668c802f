/**
 * What is about to be submitted, written down before it is sent: if the process ends before the answer is there, somebody
 * can say that a job may exist, or ask for it with the same request id. Kept by the process, not by a node's instance:
 * a submit that a deploy does not wait for goes on.
 */
import type { RequestValues } from '../../../providers/contract';
import { isObject } from '../../../providers/schema/wire';
import type { Message } from '../messages/message';
import type { OutputPlan } from '../output/outputPlan';

export interface SubmitIntent {
	/** Ours, one for each submit. The idempotency key where the provider honours one. */
	key: string;
	/** What the provider's log knows the submit by, where it has one. */
	requestId?: string;
	provider: string;
	/** Validated, as they are sent; where the submit could be repeated without paying twice. */
	values?: RequestValues;
	/** ISO 8601. */
	sentAt: string;
	msg: Message;
	plan: OutputPlan;
	/** Whether to wait for the end, or pass the job on as it is. */
	wait: boolean;
}

const nodes = new Map<string, Map<string, SubmitIntent>>();

/** By node, what was sent and not answered yet. */
export const intentsOf = (nodeId: string): SubmitIntent[] => [
	...(nodes.get(nodeId)?.values() ?? []),
];

export const allIntents = (): Array<[nodeId: string, SubmitIntent]> =>
	[...nodes].flatMap(([nodeId, intents]) =>
		[...intents.values()].map((intent): [string, SubmitIntent] => [nodeId, intent]),
	);

export function addIntent(nodeId: string, intent: SubmitIntent): void {
	const intents = nodes.get(nodeId) ?? new Map<string, SubmitIntent>();
	nodes.set(nodeId, intents.set(intent.key, intent));
}

/** The answer is there, whatever it says. */
export function removeIntent(nodeId: string, key: string): void {
	const intents = nodes.get(nodeId);
	intents?.delete(key);
	if (intents?.size === 0) nodes.delete(nodeId);
}

/** Of what lay in the context store, which people can change. */
export const isSubmitIntent = (value: unknown): value is SubmitIntent => {
	const intent = value as Partial<SubmitIntent> | null;
	return (
		isObject(intent) &&
		typeof intent.key === 'string' &&
		typeof intent.provider === 'string' &&
		typeof intent.sentAt === 'string' &&
		isObject(intent.msg) &&
		isObject(intent.plan)
	);
};
