/**
 * How the jobs of a node pass from one instance of it to the next: over a redeploy in memory, over a restart in the
 * user's persistent context store.
 */
import type { Node, NodeAPI } from 'node-red';
import { jsonSafe } from '../messages/message';
import { contextValue, type ContextValue } from '../runtime/contextValue';
import { adoptAll, handOn, stopAdopting, type Adopt } from './handedOn';
import { isPendingJob, type Pending, type PendingJob } from './pendingJob';

const CONTEXT_KEY = 'pendingJobs';

export class PendingJobs {
	private readonly stored: ContextValue;
	private hasRead = false;
	private adopt?: Adopt;
	/** What is to be written next; older states need not be. */
	private next?: PendingJob[];
	private writing = Promise.resolve();

	constructor(
		RED: NodeAPI,
		private readonly node: Node,
	) {
		this.stored = contextValue(RED, node, CONTEXT_KEY);
	}

	/** Gives what an earlier instance, or an earlier process, left, and what an earlier instance still learns. */
	async takeOver(takeUp: Adopt): Promise<void> {
		// One that was handed on in memory may be done and gone before the store has answered.
		const taken = new Set<string>();
		this.adopt = (pending) => {
			if (pending.job) taken.add(pending.job.jobId);
			takeUp(pending);
		};
		adoptAll(this.node.id, this.adopt);
		try {
			const found = await this.stored.read();
			for (const pending of Array.isArray(found) ? found.filter(isPendingJob) : []) {
				if (!taken.has(pending.job.jobId)) takeUp(pending);
			}
		} catch (error) {
			this.warn(error);
		}
		this.hasRead = true;
	}

	/** For the next instance, or for the one that lives by now. */
	handOn(pending: Pending): void {
		handOn(this.node.id, pending);
	}

	/** Writes down which jobs are under way, for a restart. */
	write(pending: PendingJob[]): void {
		// What an earlier process left must be read before it is overwritten.
		if (!this.hasRead || !this.stored.lasts) return;
		this.next = pending;
		this.writing = this.writing
			.then(async () => await this.writeNext())
			.catch((error: unknown) => this.warn(error));
	}

	private async writeNext(): Promise<void> {
		const pending = this.next;
		if (!pending) return;
		delete this.next;
		const kept = pending.map((one) => ({ ...one, msg: jsonSafe(one.msg) }));
		await this.stored.write(kept.length > 0 ? kept : undefined);
	}

	/** What is handed on from now waits for the next instance. */
	end(): void {
		stopAdopting(this.node.id, this.adopt);
	}

	/** All is written. An instance that comes next must not read of a job that is done. */
	async written(): Promise<void> {
		await this.writing;
	}

	private warn(error: unknown): void {
		this.node.warn(error instanceof Error ? error.message : String(error));
	}
}
