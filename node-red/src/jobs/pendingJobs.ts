/**
 * How the jobs of a node pass from one instance of it to the next: over a redeploy in memory, over a restart in the
 * user's persistent context store.
 */
import type { Node, NodeAPI } from 'node-red';
import { isJob } from '../../../jobs/resolveJob';
import { isObject } from '../../../providers/schema/wire';
import { adoptAll, hand, release, type Pending, type PendingJob } from './carrier';
import { jsonSafe } from '../messages/message';
import { contextValue, type ContextValue } from '../runtime/contextValue';

const CONTEXT_KEY = 'pendingJobs';

export class PendingJobs {
	private readonly drawer: ContextValue;
	private hasRead = false;
	private adopt?: (pending: Pending) => void;
	/** What is to be written next; older states need not be. */
	private next?: PendingJob[];
	private writing = Promise.resolve();

	constructor(
		RED: NodeAPI,
		private readonly node: Node,
	) {
		this.drawer = contextValue(RED, node, CONTEXT_KEY);
	}

	/** Gives what an earlier instance, or an earlier process, left, and what an earlier instance still learns. */
	async begin(takeUp: (pending: Pending) => void): Promise<void> {
		// One that was handed over in memory may be done and gone before the store has answered.
		const taken = new Set<string>();
		this.adopt = (pending) => {
			if (pending.job) taken.add(pending.job.jobId);
			takeUp(pending);
		};
		adoptAll(this.node.id, this.adopt);
		try {
			const found = await this.drawer.read();
			for (const pending of Array.isArray(found) ? found.filter(isPendingJob) : []) {
				if (!taken.has(pending.job.jobId)) takeUp(pending);
			}
		} catch (error) {
			this.warn(error);
		}
		this.hasRead = true;
	}

	/** For the next instance, or for the one that lives by now. */
	leave(pending: Pending): void {
		hand(this.node.id, pending);
	}

	/** Writes down which jobs are under way, for a restart. */
	note(pending: PendingJob[]): void {
		// What an earlier process left must be read before it is overwritten.
		if (!this.hasRead || !this.drawer.lasts) return;
		this.next = pending;
		this.writing = this.writing
			.then(async () => await this.write())
			.catch((error: unknown) => this.warn(error));
	}

	private async write(): Promise<void> {
		const pending = this.next;
		if (!pending) return;
		delete this.next;
		const kept = pending.map((entry) => ({ ...entry, msg: jsonSafe(entry.msg) }));
		await this.drawer.write(kept.length > 0 ? kept : undefined);
	}

	/** What is left from now on waits for the next instance. */
	end(): void {
		release(this.node.id, this.adopt);
	}

	/** All is written. An instance that comes next must not read of a job that is done. */
	async settled(): Promise<void> {
		await this.writing;
	}

	private warn(error: unknown): void {
		this.node.warn(error instanceof Error ? error.message : String(error));
	}
}

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
