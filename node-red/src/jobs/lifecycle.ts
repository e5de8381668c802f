/** When a node takes up the jobs of its earlier self, and what becomes of its own when it goes. */
import type { Node, NodeAPI } from 'node-red';
import { isFinal } from '../../../providers/contract';
import type { Translate } from '../i18n/translate';
import { JobError } from '../messages/errors';
import type { Message } from '../messages/message';
import { whenStarted } from '../runtime/flowsStarted';
import { ask } from './ask';
import { endJob } from './cancel';
import { takeLeft } from './handedOn';
import { newJobRun, type JobRun } from './jobRun';
import { isQueued, type FailedMessage, type Pending, type PendingJob } from './pendingJob';
import type { PendingJobs } from './pendingJobs';
import type { JobQueue } from './queue';

/** A closing node hears out submits that are on their way for this long; Node-RED itself waits 15 s. */
const HEAR_OUT_MS = 10_000;
/** And for the context store for this long. */
const WRITE_MS = 3_000;

export class JobLifecycle {
	/** What an earlier instance left, on its way through the node's own input. */
	private readonly arriving = new Map<Message, Pending>();

	constructor(
		private readonly RED: NodeAPI,
		private readonly node: Node,
		private readonly queue: JobQueue,
		private readonly pendingJobs: PendingJobs,
		private readonly t: Translate,
		/** Whether the node has an input. */
		private readonly takesMessages: boolean,
	) {}

	/** Not before all flows run: a job that is done already would be passed on to nodes that do not exist yet. */
	attach(): void {
		const stay = whenStarted(this.RED, () => void this.resume());
		this.node.on('close', (removed: boolean, done: () => void) => {
			stay();
			this.close(removed).then(done, (error: Error) => {
				this.node.warn(error.message);
				done();
			});
		});
	}

	private async resume(): Promise<void> {
		await this.pendingJobs.takeOver((pending) => this.takeUp(pending));
		this.queue.writePending();
	}

	private takeUp(pending: Pending): void {
		const { node, queue } = this;
		if (queue.closed) return this.pendingJobs.handOn(pending);
		const { msg } = pending;
		if (this.takesMessages) {
			this.arriving.set(msg, pending);
			// In the way of every message, so that Catch and Complete hear how it ends.
			return node.receive(msg);
		}
		const done = (error?: Error) => error && node.error(error, msg);
		if (!isQueued(pending)) this.goOn(pending, (message) => node.send(message), done);
	}

	/** @returns true where the message is one that an earlier instance had begun */
	arrived(msg: Message, send: JobRun['send'], done: JobRun['done']): boolean {
		const pending = this.arriving.get(msg);
		this.arriving.delete(msg);
		if (!pending || isQueued(pending)) return false;
		this.goOn(pending, send, done);
		return true;
	}

	private goOn(
		pending: PendingJob | FailedMessage,
		send: JobRun['send'],
		done: JobRun['done'],
	): void {
		const { queue, t } = this;
		if (!pending.job) return queue.fail(new JobError(pending.failure), pending.msg, done);
		const { job, msg } = pending;
		this.node.log(t('log.resumed', { id: job.jobId }));
		queue.start(newJobRun(pending, msg, send, done), async ({ cancels, controller }) => {
			if (cancels) return await endJob(queue.handle(), job);
			return (await ask(queue.handle(), job, t, controller.signal)).job ?? job;
		});
	}

	/** @param removed the node is gone for good, so its jobs are cancelled where the provider can */
	private async close(removed: boolean): Promise<void> {
		const { RED, node, queue, pendingJobs } = this;
		pendingJobs.end();
		for (const pending of this.arriving.values()) pendingJobs.handOn(pending);
		queue.close(removed ? 'cancel' : 'close');
		await atMost(HEAR_OUT_MS, queue.ended());
		if (removed) return;
		queue.writeLeft();
		await atMost(WRITE_MS, pendingJobs.written());
		// A full deploy does not say which nodes are gone; who is not there when all runs again, is.
		whenStarted(RED, () => {
			if (!RED.nodes.getNode(node.id)) void this.cancelLeft();
		});
	}

	private async cancelLeft(): Promise<void> {
		const { node, queue, t } = this;
		for (const { job } of takeLeft(node.id)) {
			if (!job || isFinal(job.status)) continue;
			const cancelled = await endJob(queue.handle(), job).then(
				({ status }) => status === 'cancelled',
				() => false,
			);
			node.warn(t(cancelled ? 'log.cancelled' : 'log.goes-on', { id: job.jobId }));
		}
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
