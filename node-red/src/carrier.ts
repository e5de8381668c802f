/**
 * What a node has under way, kept beyond the node: over a redeploy in memory, over a restart in a context store that
 * the user has made persistent. Node-RED deletes a node's own context with every deploy where no store is configured.
 */
import type { Node, NodeAPI } from 'node-red';
import type { Job, ProviderFailure } from '../../providers/contract';
import { isObject } from '../../providers/wire';
import { isJob, jsonSafe, type Message } from './messages';
import type { OutputPlan } from './output';

export interface PendingJob {
	job: Job;
	msg: Message;
	/** Unix milliseconds. */
	deadlineMs: number;
	plan: OutputPlan;
	/** Whether to wait for the end, or pass the job on as it is. */
	wait: boolean;
}

/** A job; a message in line, for which nothing was submitted; or one that failed when nobody was there to be told. */
export type Pending =
	| PendingJob
	| { msg: Message; job?: undefined; problem?: undefined }
	| { msg: Message; job?: undefined; problem: ProviderFailure };

interface Slot {
	left: Pending[];
	/** Set while the node's next instance lives: what an old one still learns goes to it directly. */
	adopt?: (pending: Pending) => void;
}

const slots = new Map<string, Slot>();

const slotOf = (nodeId: string): Slot => {
	let slot = slots.get(nodeId);
	if (!slot) slots.set(nodeId, (slot = { left: [] }));
	return slot;
};

/** Leaves something for the node's next instance, or gives it to the one that lives. */
export function hand(nodeId: string, pending: Pending): void {
	const slot = slotOf(nodeId);
	if (slot.adopt) slot.adopt(pending);
	else slot.left.push(pending);
}

/** Gives all that was left and, from now on, what comes late. */
export function adoptAll(nodeId: string, adopt: (pending: Pending) => void): void {
	const slot = slotOf(nodeId);
	slot.adopt = adopt;
	for (const pending of slot.left.splice(0)) adopt(pending);
}

export function release(nodeId: string, adopt: ((pending: Pending) => void) | undefined): void {
	const slot = slots.get(nodeId);
	if (slot && slot.adopt === adopt) delete slot.adopt;
}

/** The node is gone for good: gives what was left for it, and forgets it. */
export function discard(nodeId: string): Pending[] {
	const left = slots.get(nodeId)?.left ?? [];
	slots.delete(nodeId);
	return left;
}

const CONTEXT_KEY = 'pendingJobs';

/** Pure: the name of the context store that outlives the process; the default one where it does. */
export function persistentStore(contextStorage: unknown): string | undefined {
	if (!isObject(contextStorage)) return undefined;
	const stores: Record<string, unknown> = contextStorage;
	const first = Object.keys(stores)[0] ?? '';
	const alias = typeof stores.default === 'string' ? stores.default : undefined;
	const preferred = alias ?? ('default' in stores ? 'default' : first);
	const outlives = (name: string): boolean => {
		const store = stores[name];
		return isObject(store) && store.module !== undefined && store.module !== 'memory';
	};
	return [preferred, ...Object.keys(stores)].find(outlives);
}

/** The pending jobs of a node in the user's persistent context store, where there is one. */
export function createShelf(RED: NodeAPI, node: Node) {
	const store = persistentStore(
		(RED.settings as unknown as { contextStorage?: unknown }).contextStorage,
	);
	return {
		async read(): Promise<PendingJob[]> {
			if (store === undefined) return [];
			const found = await new Promise<unknown>((resolve, reject) => {
				node
					.context()
					.get(CONTEXT_KEY, store, (error: Error | null, value: unknown) =>
						error ? reject(error) : resolve(value),
					);
			});
			return Array.isArray(found) ? found.filter(isPendingJob) : [];
		},
		write(pending: PendingJob[]): void {
			if (store === undefined) return;
			const kept = pending.map((entry) => ({ ...entry, msg: jsonSafe(entry.msg) }));
			node
				.context()
				.set(CONTEXT_KEY, kept.length > 0 ? kept : undefined, store, (error?: Error | null) => {
					if (error) node.warn(error.message);
				});
		},
	};
}

export type Shelf = ReturnType<typeof createShelf>;

const isPendingJob = (value: unknown): value is PendingJob => {
	const entry = value as Partial<PendingJob> | null;
	return (
		isObject(entry) &&
		isJob(entry.job) &&
		isObject(entry.msg) &&
		typeof entry.deadlineMs === 'number' &&
		isObject(entry.plan)
	);
};
