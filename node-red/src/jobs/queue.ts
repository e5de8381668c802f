/**
 * The messages of one node: in line, under way, ended. So many at a time; each ends exactly once, sent on or failed with
 * the job's id, or is handed on to the node's next instance.
 */
import type { Node, NodeStatus } from 'node-red';
import { createConcurrencyLimit } from '../../../jobs/concurrency';
import type { Job } from '../../../providers/contract';
import type { AccountHandle } from '../account/account';
import type { Translate } from '../i18n/translate';
import { asJobError, describe, JobError, refused } from '../messages/errors';
import type { Message } from '../messages/message';
import { endMessage } from './cancel';
import { stopJobRun, type JobRun, type Stop } from './jobRun';
import { pendingJobOf, type PendingJob } from './pendingJob';
import type { PendingJobs } from './pendingJobs';
import { perform, type RunObserver } from './perform';
import { failedStatus, statusOf } from './status';

export interface QueueOptions {
	node: Node;
	/** @throws JobError where there is no usable account */
	account(): AccountHandle;
	/** Jobs at once. */
	parallel: number;
	/** Messages that may wait for their turn. */
	longestLine?: number;
	/** The node makes jobs: one that lies in a message already is another node's. */
	submits?: boolean;
}

export class JobQueue {
	readonly runs = new Set<JobRun>();
	private readonly parallel: number;
	private readonly turn: ReturnType<typeof createConcurrencyLimit>;
	private readonly working = new Set<Promise<void>>();
	/** What the next instance goes on with. */
	private readonly handedOn: PendingJob[] = [];
	private isClosed = false;
	private shown = '';
	private known?: AccountHandle;

	constructor(
		private readonly options: QueueOptions,
		private readonly pendingJobs: PendingJobs,
		private readonly t: Translate,
	) {
		this.parallel = Math.max(1, options.parallel);
		this.turn = createConcurrencyLimit(this.parallel);
	}

	get closed(): boolean {
		return this.isClosed;
	}

	/** @throws JobError where the line is full */
	checkLine(): void {
		const { longestLine = Infinity } = this.options;
		const inLine = [...this.runs].filter(({ stage }) => stage === 'queued').length;
		const hasTurn = this.runs.size - inLine < this.parallel;
		if (hasTurn || inLine < longestLine) return;
		throw refused(this.t('error.line-full', { n: longestLine }), this.t('advice.line-full'));
	}

	/** @param begin submits, or finds the job that exists */
	start(run: JobRun, begin: (run: JobRun) => Promise<Job>): void {
		if (this.isClosed) return this.handOn(run, undefined);
		this.runs.add(run);
		const pass = async () => {
			const msg = await perform(run, async () => await begin(run), this.observer);
			// The nodes behind this one may be gone already: the next instance gives it to theirs.
			if (run.stop === 'close') throw run.controller.signal.reason;
			this.runs.delete(run);
			this.show();
			run.send(msg);
			run.done();
		};
		const work = this.turn(pass, run.controller.signal)
			.catch(async (error: unknown) => await this.failed(run, error))
			.finally(() => {
				this.runs.delete(run);
				this.working.delete(work);
				this.writePending();
			});
		this.working.add(work);
		this.show();
	}

	private readonly observer: RunObserver = {
		handle: () => this.handle(),
		jobExists: () => this.writePending(),
		show: () => this.show(),
		enter: (run, stage) => {
			run.stage = stage;
			this.show();
		},
	};

	private async failed(run: JobRun, error: unknown): Promise<void> {
		const own = error instanceof JobError ? error : undefined;
		const doubtful = !run.job && own !== undefined && own.failure.accepted !== 'no';
		if (run.stop === 'close') return this.handOn(run, doubtful ? own : undefined);
		const cancelled = run.stop === 'cancel' && !doubtful;
		const reason = cancelled ? await this.cancelled(run) : asJobError(error, run.job);
		this.runs.delete(run);
		this.fail(reason, run.msg, run.done);
	}

	private async cancelled({ job }: JobRun): Promise<JobError> {
		try {
			return await endMessage(job, () => this.handle(), this.t);
		} catch (error) {
			return asJobError(error, job);
		}
	}

	/** Tells Catch, and the line under the node. */
	fail(error: JobError, msg: Message, done: JobRun['done']): void {
		if (this.isClosed) this.options.node.warn(error.message);
		else if (this.runs.size > 0) this.show();
		else this.setStatus(failedStatus(this.t, error.job?.jobId));
		this.refuse(error, msg, done);
	}

	/** Tells Catch of a message that never got in line. */
	refuse(error: JobError, msg: Message, done: JobRun['done']): void {
		if (this.options.submits) delete msg.job;
		describe(msg, error);
		done(error);
	}

	/** The node goes; the job, or the message in line, waits for the next instance. */
	private handOn(run: JobRun, error: JobError | undefined): void {
		const { msg } = run;
		const job = pendingJobOf(run);
		if (!error && job) this.handedOn.push(job);
		this.pendingJobs.handOn(error ? { msg, failure: error.failure } : (job ?? { msg }));
	}

	/** Nothing is shown or begun from now on. */
	close(why: Stop): void {
		this.setStatus({});
		this.isClosed = true;
		for (const run of this.runs) stopJobRun(run, why);
	}

	/** All that was under way when this was called has ended or was handed on. */
	async ended(): Promise<void> {
		await Promise.allSettled(this.working);
	}

	/** The account as it is, or as it was where it goes away together with this node. */
	handle(): AccountHandle {
		try {
			return (this.known = this.options.account());
		} catch (error) {
			if (this.isClosed && this.known) return this.known;
			throw error;
		}
	}

	private show(): void {
		this.setStatus(statusOf([...this.runs], this.t, Date.now()));
	}

	private setStatus(status: NodeStatus): void {
		const text = JSON.stringify(status);
		if (this.isClosed || text === this.shown) return;
		this.shown = text;
		this.options.node.status(status);
	}

	/** Once the node is closed, what is under way is the next instance's to write. */
	writePending(): void {
		if (!this.isClosed) this.writeLeft();
	}

	/** Writes down which jobs are under way, for a restart. */
	writeLeft(): void {
		this.pendingJobs.write([
			...this.handedOn,
			...[...this.runs].flatMap((run) => pendingJobOf(run) ?? []),
		]);
	}
}
