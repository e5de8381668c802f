/**
 * What a node has under way, carried over a redeploy in memory. Node-RED deletes a node's own context with every
 * deploy where no store is configured.
 */
import type { Job, ProviderFailure } from '../../../providers/contract';
import type { JobRun } from './jobRun';
import type { Message } from '../messages/message';
import type { OutputPlan } from '../output/video';

export interface PendingJob {
	job: Job;
	msg: Message;
	/** Unix milliseconds. */
	deadlineMs: number;
	plan: OutputPlan;
	/** Whether to wait for the end, or pass the job on as it is. */
	wait: boolean;
	/** The job's end is what was asked for. */
	cancels?: boolean;
}

/** A job; a message in line, for which nothing was submitted; or one that failed when nobody was there to be told. */
export type Pending =
	PendingJob | LeftMessage | { msg: Message; job?: undefined; problem: ProviderFailure };

export interface LeftMessage {
	msg: Message;
	job?: undefined;
	problem?: undefined;
}

/** A job, or a failure. */
export type LeftOver = Exclude<Pending, LeftMessage>;

export const isMessage = (pending: Pending): pending is LeftMessage =>
	!pending.job && !pending.problem;

/** What there is to carry of a message whose job exists. */
export function pendingJob(entry: JobRun): PendingJob | undefined {
	const { job, msg, deadlineMs, plan, wait, cancels } = entry;
	return job && { job, msg, deadlineMs, plan, wait, ...(cancels ? { cancels } : {}) };
}

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
	if (!slot || slot.adopt !== adopt) return;
	delete slot.adopt;
	if (slot.left.length === 0) slots.delete(nodeId);
}

/** The node is gone for good: gives what was left for it, and forgets it. */
export function discard(nodeId: string): Pending[] {
	const left = slots.get(nodeId)?.left ?? [];
	slots.delete(nodeId);
	return left;
}
