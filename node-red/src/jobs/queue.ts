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
import {
	newJobRun,
	stopJobRun,
	type Begin,
	type JobRun,
	type Stop,
	type WriteIntent,
} from './jobRun';
import type { LearnedDurations } from './learnedDurations';
import { pendingJobOf, type PendingJob } from './pendingJob';
import type { PendingJobs } from './pendingJobs';
import { perform, type RunObserver } from './perform';
import { failedStatus, showAgainInMs, statusOf, type Pace } from './status';
import { addIntent, removeIntent } from './submitIntents';

export interface QueueOptions {
	node: Node;
	/** @throws JobError where there is no usable account */
	account(): AccountHandle;
	/** How long the node's jobs took. */
	learned: LearnedDurations;
	/** Jobs at once. */
	parallel: number;
	/** Messages that may wait for their turn. */
	longestLine?: number;
	/** The node makes jobs: one that lies in a message already is another node's. */
	submits?: boolean;
}

type Turn = (pass: () => Promise<void>, signal: AbortSignal) => Promise<void>;

export class JobQueue {
	readonly runs = new Set<JobRun>();
	private readonly parallel: number;
	private readonly turn: Turn;
	private readonly working = new Set<Promise<void>>();
	/** What the next instance goes on with. */
	private readonly handedOn: PendingJob[] = [];
	private isClosed = false;
	private countdown?: NodeJS.Timeout;
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
	start(run: JobRun, begin: Begin): void {
		if (this.isClosed) return this.handOn(run, undefined);
		void this.run(run, begin, this.turn);
	}

	/** Never rejects. */
	private run(run: JobRun, begin: Begin, turn: Turn): Promise<void> {
		this.runs.add(run);
		const failed = async (error: unknown) => await this.failed(run, error);
		const pass = async () => {
			const writeIntent: WriteIntent = async (submit) => await this.writeIntent(run, submit);
			const show = () => this.show();
			const submit = async () => await begin(run, writeIntent, show);
			const msg = await perform(run, submit, { ...this.observer, learned: this.options.learned });
			// The nodes behind this one may be gone already: the next instance gives it to theirs.
			if (run.stop === 'close') throw run.controller.signal.reason;
			this.runs.delete(run);
			this.show();
			run.send(msg);
			run.done();
		};
		// One that fails holds its turn until its end is settled; one that never got a turn fails without.
		const work = turn(async () => await pass().catch(failed), run.controller.signal)
			.catch(failed)
			.finally(() => {
				run.cancellation?.settled();
				this.runs.delete(run);
				this.working.delete(work);
				this.writePending();
			});
		this.working.add(work);
		this.show();
		return work;
	}

	private readonly observer: Omit<RunObserver, 'learned'> = {
		handle: () => this.handle(),
		jobExists: (run) => {
			this.forgetIntent(run.submitKey);
			this.writePending();
		},
		show: () => this.show(),
		enter: (run, stage) => {
			run.stage = stage;
			this.show();
		},
	};

	/** Before each sending; a second one of the same submit is the same request. */
	private async writeIntent(run: JobRun, submit: Parameters<WriteIntent>[0]): Promise<void> {
		if (run.submitKey === submit.key) return;
		run.submitKey = submit.key;
		const { msg, plan, wait } = run;
		const sentAt = new Date().toISOString();
		addIntent(this.options.node.id, { ...submit, sentAt, msg, plan, wait });
		this.writeLeft();
		await this.pendingJobs.written();
	}

	private forgetIntent(key: string | undefined): void {
		if (key !== undefined) removeIntent(this.options.node.id, key);
	}

	private async failed(run: JobRun, error: unknown): Promise<void> {
		const own = error instanceof JobError ? error : undefined;
		const doubtful = !run.job && own !== undefined && own.failure.accepted !== 'no';
		if (run.stop === 'close') return this.handOn(run, doubtful ? own : undefined);
		if (run.stop === 'cancel' && !doubtful) return await this.endCancelled(run);
		this.end(run, asJobError(error, run.job));
	}

	private async endCancelled(run: JobRun): Promise<void> {
		const { job } = run;
		try {
			this.end(run, await endMessage(job, () => this.handle(), this.t));
		} catch (error) {
			const reason = asJobError(error, job);
			run.cancellation?.settled(reason);
			const goesOn = job !== undefined && run.cancellation?.stopsWaiting === false;
			if (goesOn && !this.isClosed) await this.goOnWaiting(run, job);
			else this.end(run, reason);
		}
	}

	/** The provider did not cancel the job, which is paid: its video is not to be lost. It keeps its turn. */
	private async goOnWaiting(run: JobRun, job: Job): Promise<void> {
		this.runs.delete(run);
		const again = newJobRun(run, run.msg, run.send, run.done);
		await this.run(
			again,
			async () => job,
			async (pass) => await pass(),
		);
	}

	private end(run: JobRun, error: JobError): void {
		this.runs.delete(run);
		this.fail(error, run.msg, run.done, run.submitKey);
	}

	/** @returns why jobs go on, each that the provider did not cancel */
	async cancel(runs: JobRun[], stopsWaiting: boolean): Promise<JobError[]> {
		const outcomes = runs.map(
			async (run) =>
				await new Promise<JobError | undefined>((settled) => {
					const before = run.cancellation;
					run.cancellation = {
						stopsWaiting: stopsWaiting || before?.stopsWaiting === true,
						settled(goesOn) {
							before?.settled(goesOn);
							settled(goesOn);
						},
					};
					stopJobRun(run, 'cancel');
				}),
		);
		return (await Promise.all(outcomes)).filter((goesOn) => goesOn !== undefined);
	}

	/** Tells Catch, and the line under the node. */
	fail(error: JobError, msg: Message, done: JobRun['done'], submitKey?: string): void {
		this.forgetIntent(submitKey);
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
		const { msg, submitKey, interrupted } = run;
		const job = pendingJobOf(run);
		if (!error && job) this.handedOn.push(job);
		if (!error && !job && interrupted) {
			return this.pendingJobs.handOn({ msg, intent: interrupted });
		}
		if (!error) {
			this.forgetIntent(submitKey);
			return this.pendingJobs.handOn(job ?? { msg });
		}
		// Until somebody has been told, the intent says that there may be a job.
		const { failure, title, job: failedJob } = error;
		this.pendingJobs.handOn({
			...{ msg, failure },
			...(title === undefined ? {} : { title }),
			...(failedJob ? { failedJob } : {}),
			...(submitKey ? { submitKey } : {}),
		});
	}

	/** Nothing is shown or begun from now on. */
	close(why: Stop): void {
		this.setStatus({});
		this.isClosed = true;
		clearTimeout(this.countdown);
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
		clearTimeout(this.countdown);
		if (this.isClosed) return;
		const runs = [...this.runs];
		this.setStatus(statusOf(runs, this.t, Date.now(), this.pace()));
		const againMs = showAgainInMs(runs, Date.now());
		if (againMs !== undefined) this.countdown = setTimeout(() => this.show(), againMs);
	}

	private pace(): Pace {
		try {
			const { requestsPerMinute } = this.handle().provider.limits;
			return requestsPerMinute === undefined ? {} : { perMinute: requestsPerMinute };
		} catch {
			// Without an account nothing is known of it.
			return {};
		}
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
