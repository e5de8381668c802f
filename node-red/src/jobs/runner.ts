/**
 * Sees the messages of one node through: in line, submitted, waited for, downloaded, passed on. The life of a job
 * itself is in `jobs/` at the root; this is what Node-RED adds: many messages at once, status, Catch, cancel, redeploy.
 *
 * Rules that must never regress:
 * - a submit on its way is heard out, whatever happens to the node, so that its job's id is known;
 * - a job that exists is attached to after a redeploy, never submitted again;
 * - a submit of doubtful outcome is never sent again, by a redeploy neither;
 * - a message ends exactly once: sent on, or failed with the job's id.
 */
import type { NodeAPI } from 'node-red';
import type { Job, Reading } from '../../../providers/contract';
import { translator, type Translate } from '../i18n/translate';
import { asRefusal, refused } from '../messages/errors';
import { cancelRequest, type Message } from '../messages/message';
import { ask } from './ask';
import { cancelledInLine } from './cancel';
import { newJobRun, stopJobRun, type JobRun, type PreparedJob } from './jobRun';
import { JobLifecycle } from './lifecycle';
import { PendingJobs } from './pendingJobs';
import { JobQueue, type QueueOptions } from './queue';

export interface RunnerOptions extends QueueOptions {
	RED: NodeAPI;
	/**
	 * For a node that takes messages: makes sure that everything about one is right before it gets in line.
	 *
	 * @throws JobError where something is not
	 */
	prepare?(msg: Message): Promise<PreparedJob>;
}

export class JobRunner {
	private readonly queue: JobQueue;
	private readonly lifecycle: JobLifecycle;
	private readonly t: Translate;
	/** How often all messages were cancelled. */
	private endings = 0;

	constructor(private readonly options: RunnerOptions) {
		const { RED, node, prepare } = options;
		this.t = translator(RED);
		const pendingJobs = new PendingJobs(RED, node);
		this.queue = new JobQueue(options, pendingJobs, this.t);
		const takesMessages = prepare !== undefined;
		this.lifecycle = new JobLifecycle(RED, node, this.queue, pendingJobs, this.t, takesMessages);
	}

	/** Listens to the node from now on. */
	attach(): this {
		const { node, prepare } = this.options;
		this.lifecycle.attach();
		if (prepare) node.on('input', (msg, send, done) => void this.receive(msg, send, done, prepare));
		return this;
	}

	/** What comes in: a new message, the wish to end others, or what an earlier instance left. */
	private async receive(
		msg: Message,
		send: JobRun['send'],
		done: JobRun['done'],
		prepare: (msg: Message) => Promise<PreparedJob>,
	): Promise<void> {
		if (this.lifecycle.arrived(msg, send, done)) return;
		if (this.cancelRequested(msg, done)) return;
		delete msg.failure;
		const { endings } = this;
		try {
			const prepared = await prepare(msg);
			// Reading the fields can take a while, and everything may have been cancelled since.
			if (endings !== this.endings) throw cancelledInLine(this.t);
			this.queue.checkLine();
			this.queue.start(newJobRun(prepared, msg, send, done), prepared.begin);
		} catch (error) {
			this.queue.refuse(asRefusal(error), msg, done);
		}
	}

	/** For a node that has no input: a job that is known already. */
	start(run: JobRun, begin: () => Promise<Job>): void {
		this.queue.start(run, begin);
	}

	async ask(job: Job, signal: AbortSignal): Promise<Reading> {
		return await ask(this.queue.handle(), job, this.t, signal);
	}

	/** True where the message asked for the end of jobs instead of for a new one. */
	private cancelRequested(msg: Message, done: JobRun['done']): boolean {
		const asked = cancelRequest(msg);
		if (asked === undefined) return false;
		const meant = [...this.queue.runs].filter(
			({ job }) => asked === 'all' || (job && asked.includes(job.jobId)),
		);
		for (const run of meant) stopJobRun(run, 'cancel');
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
}
