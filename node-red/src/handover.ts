/**
 * How the jobs of a node pass from one instance of it to the next: over a redeploy in memory, over a restart in the
 * user's persistent context store.
 */
import type { Node, NodeAPI } from 'node-red';
import { isObject } from '../../providers/wire';
import { adoptAll, hand, release, type Pending, type PendingJob } from './carrier';
import { isJob, jsonSafe } from './messages';
import { openDrawer, type Drawer } from './store';

const CONTEXT_KEY = 'pendingJobs';

export class Handover {
	private readonly drawer: Drawer;
	private hasRead = false;
	private adopt?: (pending: Pending) => void;

	constructor(
		RED: NodeAPI,
		private readonly node: Node,
	) {
		this.drawer = openDrawer(RED, node, CONTEXT_KEY);
	}

	/**
	 * Gives what an earlier instance, or an earlier process, left, and what an earlier instance still learns.
	 *
	 * @param isKnown whether a job is under way here already
	 */
	async begin(
		takeUp: (pending: Pending) => void,
		isKnown: (jobId: string) => boolean,
	): Promise<void> {
		this.adopt = takeUp;
		adoptAll(this.node.id, takeUp);
		try {
			const found = await this.drawer.read();
			for (const pending of Array.isArray(found) ? found.filter(isPendingJob) : []) {
				if (!isKnown(pending.job.jobId)) takeUp(pending);
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
		if (!this.hasRead) return;
		const kept = pending.map((entry) => ({ ...entry, msg: jsonSafe(entry.msg) }));
		this.drawer
			.write(kept.length > 0 ? kept : undefined)
			.catch((error: unknown) => this.warn(error));
	}

	/** What is left from now on waits for the next instance. */
	end(): void {
		release(this.node.id, this.adopt);
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
