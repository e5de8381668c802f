/**
 * Sees the messages of one node through: in line, submitted, waited for, downloaded, passed on. The life of a job
 * itself is in `jobs/`; this is what Node-RED adds: many messages at once, status, Catch, cancel, redeploy.
 *
 * Rules that must never regress:
 * - a submit on its way is heard out, whatever happens to the node, so that its job's id is known;
 * - a job that exists is attached to after a redeploy, never submitted again;
 * - a submit of doubtful outcome is never sent again, by a redeploy neither;
 * - a message ends exactly once: sent on, or failed with the job's id.
 */
import type { Node, NodeAPI, NodeStatus } from 'node-red';
import { createConcurrencyLimit } from '../../../jobs/concurrency';
import { isFinal, type Job, type Reading } from '../../../providers/contract';
import type { AccountHandle } from '../account/account';
import {
	discard,
	isMessage,
	pendingJob,
	type LeftOver,
	type Pending,
	type PendingJob,
} from './carrier';
import { newJobRun, stopJobRun, type JobRun, type PreparedJob } from './jobRun';
import { PendingJobs } from './pendingJobs';
import { cancelRequest, type Message } from '../messages/message';
import { asJobError, asRefusal, describe, JobError, refused } from '../messages/errors';
import { whenStarted } from '../runtime/flowsStarted';
import { failedStatus, statusOf } from './status';
import { translator, type Translate } from '../i18n/translate';
import { ask, cancel, cancelledInLine, endJob, work, type Watcher } from './work';

/** A closing node hears out submits that are on their way for this long; Node-RED itself waits 15 s. */
const HEAR_OUT_MS = 10_000;
/** And for the context store for this long. */
const WRITE_MS = 3_000;

export interface RunnerOptions {
	RED: NodeAPI;
	node: Node;
	/** @throws JobError where there is no usable account */
	account(): AccountHandle;
	/** Jobs at once. */
	parallel: number;
	/**
	 * For a node that takes messages: makes sure that everything about one is right before it gets in line.
	 *
	 * @throws JobError where something is not
	 */
	prepare?(msg: Message): Promise<PreparedJob>;
	/** Messages that may wait for their turn. */
	longestLine?: number;
	/** The node makes jobs: one that lies in a message already is another node's. */
	submits?: boolean;
}

export class Runner {
	private readonly entries = new Set<JobRun>();
	private readonly runs = new Set<Promise<void>>();
	private readonly parallel: number;
	private readonly gate: ReturnType<typeof createConcurrencyLimit>;
	private readonly handover: PendingJobs;
	private readonly t: Translate;
	/** What an earlier instance left, on its way through the node's own input. */
	private readonly arriving = new Map<Message, Pending>();
	/** What the next instance goes on with. */
	private readonly left: PendingJob[] = [];
	/** How often all messages were cancelled. */
	private endings = 0;
	private closed = false;
	private shown = '';
	private known?: AccountHandle;

	constructor(private readonly options: RunnerOptions) {
		this.parallel = Math.max(1, options.parallel);
		this.gate = createConcurrencyLimit(this.parallel);
		this.handover = new PendingJobs(options.RED, options.node);
		this.t = translator(options.RED);
	}

	/** What comes in: a new message, the wish to end others, or what an earlier instance left. */
	async receive(msg: Message, send: JobRun['send'], done: JobRun['done']): Promise<void> {
		const pending = this.arriving.get(msg);
		this.arriving.delete(msg);
		if (pending && !isMessage(pending)) return this.goOn(pending, send, done);
		if (this.cancelRequested(msg, done)) return;
		delete msg.failure;
		const { endings } = this;
		try {
			const prepared = await this.options.prepare!(msg);
			// Reading the fields can take a while, and everything may have been cancelled since.
			if (endings !== this.endings) throw cancelledInLine(this.t);
			this.checkLine();
			this.start(newJobRun(prepared, msg, send, done), prepared.begin);
		} catch (error) {
			const problem = asRefusal(error);
			this.describe(msg, problem);
			done(problem);
		}
	}

	private checkLine(): void {
		const { longestLine = Infinity } = this.options;
		const inLine = [...this.entries].filter(({ stage }) => stage === 'queued').length;
		const hasTurn = this.entries.size - inLine < this.parallel;
		if (hasTurn || inLine < longestLine) return;
		throw refused(this.t('error.line-full', { n: longestLine }), this.t('advice.line-full'));
	}

	start(entry: JobRun, begin: (entry: JobRun) => Promise<Job>): void {
		if (this.closed) return this.leave(entry, undefined);
		this.entries.add(entry);
		const pass = async () => {
			const msg = await work(entry, async () => await begin(entry), this.watcher);
			// The nodes behind this one may be gone already: the next instance gives it to theirs.
			if (entry.stop === 'close') throw entry.controller.signal.reason;
			this.entries.delete(entry);
			this.show();
			entry.send(msg);
			entry.done();
		};
		const run = this.gate(pass, entry.controller.signal)
			.catch(async (error: unknown) => await this.failed(entry, error))
			.finally(() => {
				this.entries.delete(entry);
				this.runs.delete(run);
				this.note();
			});
		this.runs.add(run);
		this.show();
	}

	private readonly watcher: Watcher = {
		handle: () => this.handle(),
		note: () => this.note(),
		show: () => this.show(),
		enter: (entry, stage) => {
			entry.stage = stage;
			this.show();
		},
	};

	private async failed(entry: JobRun, error: unknown): Promise<void> {
		const own = error instanceof JobError ? error : undefined;
		const doubtful = !entry.job && own !== undefined && own.failure.accepted !== 'no';
		if (entry.stop === 'close') return this.leave(entry, doubtful ? own : undefined);
		const cancelled = entry.stop === 'cancel' && !doubtful;
		const problem = cancelled ? await this.cancelled(entry) : asJobError(error, entry.job);
		this.entries.delete(entry);
		this.fail(problem, entry.msg, entry.done);
	}

	private async cancelled(entry: JobRun): Promise<JobError> {
		try {
			return await cancel(entry, this.watcher.handle, this.t);
		} catch (error) {
			return asJobError(error, entry.job);
		}
	}

	private fail(problem: JobError, msg: Message, done: JobRun['done']): void {
		if (this.closed) this.options.node.warn(problem.message);
		else if (this.entries.size > 0) this.show();
		else this.setStatus(failedStatus(this.t, problem.job?.jobId));
		this.describe(msg, problem);
		done(problem);
	}

	private describe(msg: Message, problem: JobError): void {
		if (this.options.submits) delete msg.job;
		describe(msg, problem);
	}

	/** The node goes; the job, or the message in line, waits for the next instance. */
	private leave(entry: JobRun, problem: JobError | undefined): void {
		const { msg } = entry;
		const job = pendingJob(entry);
		if (!problem && job) this.left.push(job);
		this.handover.leave(problem ? { msg, problem: problem.failure } : (job ?? { msg }));
	}

	/** True where the message asked for the end of jobs instead of for a new one. */
	cancelRequested(msg: Message, done: JobRun['done']): boolean {
		const asked = cancelRequest(msg);
		if (asked === undefined) return false;
		const meant = [...this.entries].filter(
			({ job }) => asked === 'all' || (job && asked.includes(job.jobId)),
		);
		for (const entry of meant) stopJobRun(entry, 'cancel');
		if (asked === 'all') this.endings += 1;
		const known = new Set(meant.map(({ job }) => job?.jobId));
		const unknown = asked === 'all' ? [] : asked.filter((id) => !known.has(id));
		if (unknown.length === 0) done();
		else {
			const message = this.t('error.not-waiting', { id: unknown.join(', ') });
			done(refused(message, this.t('advice.not-waiting')));
		}
		return true;
	}

	/** Takes up what an earlier instance of this node, or of this process, had under way. */
	async resume(): Promise<void> {
		await this.handover.begin((pending) => this.takeUp(pending));
		this.note();
	}

	private takeUp(pending: Pending): void {
		const { node, prepare } = this.options;
		if (this.closed) return this.handover.leave(pending);
		const { msg } = pending;
		if (prepare) {
			this.arriving.set(msg, pending);
			// In the way of every message, so that Catch and Complete hear how it ends.
			return node.receive(msg);
		}
		const done = (error?: Error) => error && node.error(error, msg);
		if (!isMessage(pending)) this.goOn(pending, (message) => node.send(message), done);
	}

	private goOn(pending: LeftOver, send: JobRun['send'], done: JobRun['done']): void {
		if (!pending.job) return this.fail(new JobError(pending.problem), pending.msg, done);
		const { job, msg } = pending;
		this.options.node.log(this.t('log.resumed', { id: job.jobId }));
		this.start(newJobRun(pending, msg, send, done), async ({ cancels, controller }) => {
			if (cancels) return await endJob(this.handle(), job);
			return (await this.ask(job, controller.signal)).job ?? job;
		});
	}

	async ask(job: Job, signal: AbortSignal): Promise<Reading> {
		return await ask(this.handle(), job, this.t, signal);
	}

	/** @param removed the node is gone for good, so its jobs are cancelled where the provider can */
	async close(removed: boolean): Promise<void> {
		this.setStatus({});
		this.closed = true;
		const { node, RED } = this.options;
		this.handover.end();
		for (const pending of this.arriving.values()) this.handover.leave(pending);
		for (const entry of this.entries) stopJobRun(entry, removed ? 'cancel' : 'close');
		await atMost(HEAR_OUT_MS, Promise.allSettled(this.runs));
		if (removed) return;
		this.keep();
		await atMost(WRITE_MS, this.handover.settled());
		// A full deploy does not say which nodes are gone; who is not there when all runs again, is.
		whenStarted(RED, () => {
			if (!RED.nodes.getNode(node.id)) void this.cancelLeft();
		});
	}

	private async cancelLeft(): Promise<void> {
		const { node } = this.options;
		for (const { job } of discard(node.id)) {
			if (!job || isFinal(job.status)) continue;
			const cancelled = await endJob(this.handle(), job).then(
				({ status }) => status === 'cancelled',
				() => false,
			);
			node.warn(this.t(cancelled ? 'log.cancelled' : 'log.goes-on', { id: job.jobId }));
		}
	}

	/** The account as it is, or as it was where it goes away together with this node. */
	private handle(): AccountHandle {
		try {
			return (this.known = this.options.account());
		} catch (error) {
			if (this.closed && this.known) return this.known;
			throw error;
		}
	}

	private show(): void {
		this.setStatus(statusOf([...this.entries], this.t, Date.now()));
	}

	private setStatus(status: NodeStatus): void {
		const text = JSON.stringify(status);
		if (this.closed || text === this.shown) return;
		this.shown = text;
		this.options.node.status(status);
	}

	private note(): void {
		if (!this.closed) this.keep();
	}

	/** Writes down which jobs are under way, for a restart. */
	private keep(): void {
		this.handover.note([
			...this.left,
			...[...this.entries].flatMap((entry) => pendingJob(entry) ?? []),
		]);
	}
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
	try {
		await Promise.race([work, over]);
	} finally {
		clearTimeout(timer);
	}
}
