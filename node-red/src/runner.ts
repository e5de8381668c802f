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
import { isFinal, type Job, type Reading } from '../../providers/contract';
import type { AccountHandle } from './account';
import { discard, type Pending } from './carrier';
import { stopEntry, type Entry } from './entry';
import { Handover } from './handover';
import { cancelRequest, type Message } from './messages';
import { asJobError, describe, JobError, refused } from './problems';
import { failedStatus, statusOf } from './statusText';
import { translator, type Translate } from './texts';
import { ask, cancel, work, type Watcher } from './work';

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
	private readonly handover: Handover;
	private readonly t: Translate;
	private closed = false;
	private shown = '';
	private known?: AccountHandle;

	constructor(private readonly options: RunnerOptions) {
		this.gate = createGate(Math.max(1, options.parallel));
		this.handover = new Handover(options.RED, options.node);
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
		const pass = async () => {
			const msg = await work(entry, begin, this.watcher);
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

	private async failed(entry: Entry, error: unknown): Promise<void> {
		const own = error instanceof JobError ? error : undefined;
		const doubtful = !entry.job && own !== undefined && own.failure.accepted !== 'no';
		if (entry.stop === 'close') return this.leave(entry, doubtful ? own : undefined);
		const cancelled = entry.stop === 'cancel' && !doubtful;
		const problem = cancelled
			? await cancel(entry, this.watcher.handle, this.t)
			: asJobError(error, entry.job);
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
		if (problem) this.handover.leave({ msg, problem: problem.failure });
		else this.handover.leave(job ? { job, msg, deadlineMs, plan, wait } : { msg });
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
		const isKnown = (jobId: string) => [...this.entries].some(({ job }) => job?.jobId === jobId);
		await this.handover.begin((pending) => this.takeUp(pending), isKnown);
		this.note();
	}

	private takeUp(pending: Pending): void {
		const { node, restart } = this.options;
		if (this.closed) return this.handover.leave(pending);
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

	async ask(job: Job, signal: AbortSignal): Promise<Reading> {
		return await ask(this.handle(), job, this.t, signal);
	}

	/** @param removed the node is gone for good, so its jobs are cancelled where the provider can */
	async close(removed: boolean): Promise<void> {
		this.closed = true;
		const { node, RED } = this.options;
		this.handover.end();
		const entries = [...this.entries];
		for (const entry of entries) stopEntry(entry, removed ? 'cancel' : 'close');
		await atMost(HEAR_OUT_MS, Promise.allSettled(this.runs));
		if (removed) return;
		this.keep(entries);
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
			const key = reading.job?.status === 'cancelled' ? 'log.cancelled' : 'log.goes-on';
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
		if (!this.closed) this.keep([...this.entries]);
	}

	/** Writes down which jobs are under way, for a restart. */
	private keep(entries: Entry[]): void {
		this.handover.note(
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
