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
import { cancelJob } from '../../jobs/cancel';
import { createGate } from '../../jobs/pace';
import { askOnce, waitForJob, withNextPoll } from '../../jobs/wait';
import { isFinal, type Job, type Reading } from '../../providers/contract';
import { failure } from '../../providers/failures';
import type { AccountHandle } from './account';
import { adoptAll, createShelf, discard, hand, release, type Pending, type Shelf } from './carrier';
import { stopEntry, type Entry } from './entry';
import { cancelRequest, type Message } from './messages';
import { fillMessage } from './output';
import { asJobError, describe, endedBadly, JobError, refused } from './problems';
import { failedStatus, statusOf } from './statusText';
import { translator, type Translate } from './texts';

/** A closing node hears out submits that are on their way for this long; Node-RED itself waits 15 s. */
const HEAR_OUT_MS = 10_000;

export interface RunnerOptions {
	RED: NodeAPI;
	node: Node;
	/** @throws JobError where there is no usable account */
	account(): AccountHandle;
	/** Jobs at once. */
	parallel: number;
	/** A message that was in line when the node was redeployed comes in anew. */
	restart?(msg: Message, send: Entry['send'], done: Entry['done']): void;
}

export class Runner {
	private readonly entries = new Set<Entry>();
	private readonly runs = new Set<Promise<void>>();
	private readonly gate: ReturnType<typeof createGate>;
	private readonly shelf: Shelf;
	private readonly t: Translate;
	private shelfRead = false;
	private closed = false;
	private shown = '';
	private known?: AccountHandle;
	private adopt?: (pending: Pending) => void;

	constructor(private readonly options: RunnerOptions) {
		this.gate = createGate(Math.max(1, options.parallel));
		this.shelf = createShelf(options.RED, options.node);
		this.t = translator(options.RED);
	}

	/** Messages that wait for their turn. */
	get inLine(): number {
		return [...this.entries].filter(({ stage }) => stage === 'queued').length;
	}

	/** @param begin submits, or finds the job that exists */
	start(entry: Entry, begin: () => Promise<Job>): void {
		if (this.closed) return this.leave(entry, undefined);
		this.entries.add(entry);
		const work = async () => await this.work(entry, begin);
		const run = this.gate(work, entry.controller.signal)
			.catch(async (error: unknown) => await this.failed(entry, error))
			.finally(() => {
				this.entries.delete(entry);
				this.runs.delete(run);
				this.note();
			});
		this.runs.add(run);
		this.show();
	}

	private async work(entry: Entry, begin: () => Promise<Job>): Promise<void> {
		const { signal } = entry.controller;
		signal.throwIfAborted();
		this.enter(entry, entry.job ? 'waiting' : 'submitting');
		entry.job = await begin();
		this.enter(entry, 'waiting');
		this.note();
		signal.throwIfAborted();
		const handle = this.handle();
		if (entry.wait) await this.wait(entry, entry.job, handle);
		else entry.job = withNextPoll(handle.provider, entry.job, 0, handle.host.now());
		const { job } = entry;
		if (job.status === 'failed' || (job.status === 'cancelled' && !entry.cancels))
			throw endedBadly(job);
		if (job.status === 'succeeded' && entry.plan.mode !== 'job') this.enter(entry, 'downloading');
		const msg = await fillMessage(entry.msg, job, entry.plan, handle, signal);
		this.entries.delete(entry);
		this.show();
		entry.send(msg);
		entry.done();
	}

	private async wait(entry: Entry, submitted: Job, handle: AccountHandle): Promise<void> {
		const { provider, account, host } = handle;
		const onProgress = (job: Job) => {
			entry.job = job;
			this.show();
		};
		const { job, problem } = await waitForJob(provider, account, submitted, host, {
			deadlineMs: entry.deadlineMs,
			signal: entry.controller.signal,
			onProgress,
		});
		entry.job = job;
		// A provider that can not be asked right now is like a job that is not done yet; a refusal is not.
		if (problem && !isFinal(job.status) && !problem.retryable) throw new JobError(problem, job);
	}

	private async failed(entry: Entry, error: unknown): Promise<void> {
		const own = error instanceof JobError ? error : undefined;
		const doubtful = !entry.job && own !== undefined && own.failure.accepted !== 'no';
		if (entry.stop === 'close') return this.leave(entry, doubtful ? own : undefined);
		const cancelled = entry.stop === 'cancel' && !doubtful;
		const problem = cancelled ? await this.cancel(entry) : asJobError(error, entry.job);
		this.entries.delete(entry);
		this.fail(problem, entry.msg, entry.done);
	}

	private fail(problem: JobError, msg: Message, done: Entry['done']): void {
		if (this.closed) this.options.node.warn(problem.message);
		else if (this.entries.size > 0) this.show();
		else this.setStatus(failedStatus(this.t, problem.job?.jobId));
		describe(msg, problem);
		done(problem);
	}

	/** The node goes; the job, or the message in line, waits for the next instance. */
	private leave({ job, msg, deadlineMs, plan, wait }: Entry, problem: JobError | undefined): void {
		const { id } = this.options.node;
		if (problem) hand(id, { msg, problem: problem.failure });
		else hand(id, job ? { job, msg, deadlineMs, plan, wait } : { msg });
	}

	private async cancel({ job }: Entry): Promise<JobError> {
		if (!job) {
			const advice = this.t('advice.cancelled-in-line');
			const message = this.t('error.cancelled-in-line');
			return new JobError(failure('cancelled', message, { accepted: 'no', advice }));
		}
		if (isFinal(job.status)) {
			const advice = this.t('advice.stopped-download');
			const message = this.t('error.stopped-download');
			return new JobError(failure('cancelled', message, { accepted: 'yes', advice }), job);
		}
		const { provider, account, host } = this.handle();
		const reading = await cancelJob(provider, account, job, host);
		return reading.job ? endedBadly(reading.job) : new JobError(reading.failure, job);
	}

	/** True where the message asked for the end of jobs instead of for a new one. */
	cancelRequested(msg: Message, done: Entry['done']): boolean {
		const asked = cancelRequest(msg);
		if (asked === undefined) return false;
		const meant = [...this.entries].filter(
			({ job }) => asked === 'all' || (job && asked.includes(job.jobId)),
		);
		for (const entry of meant) stopEntry(entry, 'cancel');
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
		this.adopt = (pending) => this.takeUp(pending);
		adoptAll(this.options.node.id, this.adopt);
		try {
			const shelved = await this.shelf.read();
			const known = new Set([...this.entries].map(({ job }) => job?.jobId));
			for (const pending of shelved) {
				if (!known.has(pending.job.jobId)) this.takeUp(pending);
			}
		} catch (error) {
			this.options.node.warn(asJobError(error).message);
		}
		this.shelfRead = true;
		this.note();
	}

	private takeUp(pending: Pending): void {
		const { node, restart } = this.options;
		if (this.closed) return hand(node.id, pending);
		const { msg } = pending;
		const send = (message: Message) => node.send(message);
		const done = (error?: Error) => error && node.error(error.message, msg);
		if (!pending.job) {
			if (pending.problem) this.fail(new JobError(pending.problem), msg, done);
			else restart?.(msg, send, done);
			return;
		}
		const { job } = pending;
		const controller = new AbortController();
		node.log(this.t('log.resumed', { id: job.jobId }));
		const entry: Entry = { ...pending, send, done, stage: 'waiting', controller };
		this.start(entry, async () => (await this.ask(job, controller.signal)).job ?? job);
	}

	/** The job as it is now: time has passed since it was last heard of, and the deadline may have too. */
	async ask(job: Job, signal: AbortSignal): Promise<Reading> {
		const { provider, account, host } = this.handle();
		if (job.provider !== provider.id) {
			const values = { provider: provider.title, other: job.provider };
			const advice = this.t('advice.other-provider');
			const message = this.t('error.other-provider', values);
			throw new JobError(failure('invalid_request', message, { accepted: 'yes', advice }), job);
		}
		return isFinal(job.status) ? { job } : await askOnce(provider, account, job, host, signal);
	}

	/** @param removed the node is gone for good, so its jobs are cancelled where the provider can */
	async close(removed: boolean): Promise<void> {
		this.closed = true;
		const { node, RED } = this.options;
		release(node.id, this.adopt);
		const entries = [...this.entries];
		for (const entry of entries) stopEntry(entry, removed ? 'cancel' : 'close');
		await atMost(HEAR_OUT_MS, Promise.allSettled(this.runs));
		if (removed) return;
		this.shelve(entries);
		// A full deploy does not say which nodes are gone; who is not there when all runs again, is.
		RED.events.once('flows:started', () => {
			if (!RED.nodes.getNode(node.id)) void this.cancelLeft();
		});
	}

	private async cancelLeft(): Promise<void> {
		const { node } = this.options;
		for (const { job } of discard(node.id)) {
			if (!job || isFinal(job.status)) continue;
			const { provider, account, host } = this.handle();
			const reading = await cancelJob(provider, account, job, host);
			const key = reading.job ? 'log.cancelled' : 'log.goes-on';
			node.warn(this.t(key, { id: job.jobId }));
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

	private enter(entry: Entry, stage: Entry['stage']): void {
		entry.stage = stage;
		this.show();
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

	/** Writes down which jobs are under way, for a restart. */
	private note(): void {
		if (!this.closed) this.shelve([...this.entries]);
	}

	private shelve(entries: Entry[]): void {
		// What an earlier process left must be read before it is overwritten.
		if (!this.shelfRead) return;
		this.shelf.write(
			entries.flatMap(({ job, msg, deadlineMs, plan, wait }) =>
				job ? [{ job, msg, deadlineMs, plan, wait }] : [],
			),
		);
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
