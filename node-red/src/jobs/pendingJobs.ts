/**
 * How the jobs of a node pass from one instance of it to the next: over a redeploy in memory, over a restart in the
 * user's persistent context store.
 */
import type { Node, NodeAPI } from 'node-red';
import type { Message } from '../messages/message';
import { atMost } from '../runtime/atMost';
import { contextValue, type ContextValue } from '../runtime/contextValue';
import { adoptAll, handOn, stopAdopting, type Adopt } from './handedOn';
import { jsonSafe } from './jsonSafe';
import { isPendingJob, type Pending, type PendingJob } from './pendingJob';
import { intentsOf, isSubmitIntent, type SubmitIntent } from './submitIntents';

const JOBS_KEY = 'pendingJobs';
const INTENTS_KEY = 'submitIntents';
/** A context store that takes longer than this to write does not hold up a submit. */
const LONGEST_WRITE_MS = 3_000;
/** Nor is a request kept that is larger, such as one that holds a picture. */
const MAX_VALUES_LENGTH = 64 * 1024;

export class PendingJobs {
	private readonly storedJobs: ContextValue;
	private readonly storedIntents: ContextValue;
	private hasRead = false;
	private reading?: Promise<void>;
	private adopt?: Adopt;
	/** What is to be written next; older states need not be. */
	private next?: { jobs: PendingJob[]; intents: SubmitIntent[] };
	private writtenIntents = 0;
	private writing = Promise.resolve();

	constructor(
		RED: NodeAPI,
		private readonly node: Node,
	) {
		this.storedJobs = contextValue(RED, node, JOBS_KEY);
		this.storedIntents = contextValue(RED, node, INTENTS_KEY);
	}

	/** Whether what is written is there after a restart. */
	get lasts(): boolean {
		return this.storedJobs.lasts;
	}

	/** Gives what an earlier instance, or an earlier process, left, and what an earlier instance still learns. */
	async takeOver(takeUp: Adopt): Promise<void> {
		this.reading = this.read(takeUp);
		await this.reading;
		this.hasRead = true;
		this.flush();
	}

	private async read(takeUp: Adopt): Promise<void> {
		// One that was handed on in memory may be done and gone before the store has answered.
		const taken = new Set<string>();
		this.adopt = (pending) => {
			if (pending.job) taken.add(pending.job.jobId);
			takeUp(pending);
		};
		adoptAll(this.node.id, this.adopt);
		try {
			for (const pending of listOf(await this.storedJobs.read(), isPendingJob)) {
				if (!taken.has(pending.job.jobId)) takeUp(pending);
			}
			const intents = listOf(await this.storedIntents.read(), isSubmitIntent);
			this.writtenIntents = intents.length;
			const alive = new Set(intentsOf(this.node.id).map(({ key }) => key));
			for (const intent of intents) {
				if (!alive.has(intent.key)) takeUp({ msg: intent.msg, intent });
			}
		} catch (error) {
			this.warn(error);
		}
	}

	/** For the next instance, or for the one that lives by now. */
	handOn(pending: Pending): void {
		handOn(this.node.id, pending);
	}

	/** Writes down which jobs are under way, and which submits, for a restart. */
	write(jobs: PendingJob[]): void {
		if (!this.lasts) return;
		this.next = { jobs, intents: intentsOf(this.node.id) };
		this.flush();
	}

	private flush(): void {
		// What an earlier process left must be read before it is overwritten.
		if (!this.hasRead) return;
		this.writing = this.writing
			.then(async () => await this.writeNext())
			.catch((error: unknown) => this.warn(error));
	}

	private async writeNext(): Promise<void> {
		const next = this.next;
		if (!next) return;
		delete this.next;
		// The job first: between the two, better both are known than none.
		await this.storedJobs.write(filled(next.jobs.map(withSafeMessage)));
		if (next.intents.length === 0 && this.writtenIntents === 0) return;
		await this.storedIntents.write(filled(next.intents.map(withSafeMessage).map(withSmallValues)));
		this.writtenIntents = next.intents.length;
	}

	/** What is handed on from now waits for the next instance. */
	end(): void {
		stopAdopting(this.node.id, this.adopt);
	}

	/** All is written, or takes too long. An instance that comes next must not read of a job that is done. */
	async written(): Promise<void> {
		const all = async () => {
			await this.reading;
			await this.writing;
		};
		await atMost(LONGEST_WRITE_MS, all());
	}

	private warn(error: unknown): void {
		this.node.warn(error instanceof Error ? error.message : String(error));
	}
}

const listOf = <T>(found: unknown, isOne: (value: unknown) => value is T): T[] =>
	Array.isArray(found) ? found.filter(isOne) : [];

/** Nothing is kept for a node that has nothing to keep. */
const filled = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

const withSafeMessage = <T extends { msg: Message }>(one: T): T => ({
	...one,
	msg: jsonSafe(one.msg),
});

function withSmallValues({ values, ...intent }: SubmitIntent): SubmitIntent {
	const isSmall = values && JSON.stringify(values).length <= MAX_VALUES_LENGTH;
	return isSmall ? { ...intent, values } : intent;
}
