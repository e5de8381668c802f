/** When a node takes up the jobs of its earlier self, and what becomes of its own when it goes. */
import type { Node, NodeAPI } from 'node-red';
import { isFinal } from '../../../providers/contract';
import type { Translate } from '../i18n/translate';
import { JobError } from '../messages/errors';
import type { Message } from '../messages/message';
import { atMost } from '../runtime/atMost';
import { whenStarted } from '../runtime/flowsStarted';
import { ask } from './ask';
import { endJob } from './cancel';
import { takeLeft } from './handedOn';
import { interruptedSubmit, stillInDoubt } from './interruptedSubmit';
import { newJobRun, type JobRun, type PreparedJob } from './jobRun';
import { isQueued, type InterruptedSubmit, type Pending, type QueuedMessage } from './pendingJob';
import type { PendingJobs } from './pendingJobs';
import type { JobQueue } from './queue';
import { addIntent, type SubmitIntent } from './submitIntents';

/** A closing node hears out submits that are on their way for this long; Node-RED itself waits 15 s. */
const HEAR_OUT_MS = 10_000;

export interface LifecycleParts {
	RED: NodeAPI;
	node: Node;
	queue: JobQueue;
	pendingJobs: PendingJobs;
	t: Translate;
	/** Whether the node has an input. */
	takesMessages: boolean;
	/** For a node that submits, see `RunnerOptions`. */
	findOut: ((intent: SubmitIntent) => PreparedJob | undefined) | undefined;
}

export class JobLifecycle {
	/** What an earlier instance left, on its way through the node's own input. */
	private readonly arriving = new Map<Message, Pending>();

	constructor(private readonly parts: LifecycleParts) {}

	/** Not before all flows run: a job that is done already would be passed on to nodes that do not exist yet. */
	attach(): void {
		const stay = whenStarted(this.parts.RED, () => void this.resume());
		this.parts.node.on('close', (removed: boolean, done: () => void) => {
			stay();
			this.close(removed).then(done, (error: Error) => {
				this.parts.node.warn(error.message);
				done();
			});
		});
	}

	private async resume(): Promise<void> {
		await this.parts.pendingJobs.takeOver((pending) => this.takeUp(pending));
		this.parts.queue.writePending();
	}

	private takeUp(pending: Pending): void {
		const { node, queue } = this.parts;
		if (queue.closed) return this.parts.pendingJobs.handOn(pending);
		const { msg } = pending;
		if (this.parts.takesMessages) {
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
		pending: Exclude<Pending, QueuedMessage>,
		send: JobRun['send'],
		done: JobRun['done'],
	): void {
		const { queue, t } = this.parts;
		if (pending.intent) return this.goOnSubmitting(pending, send, done);
		if (!pending.job) {
			const { failure, failedJob, title, msg, submitKey } = pending;
			return queue.fail(new JobError(failure, failedJob, title), msg, done, submitKey);
		}
		const { job, msg } = pending;
		this.parts.node.log(t('log.resumed', { id: job.jobId }));
		queue.start(newJobRun(pending, msg, send, done), async ({ cancels, controller }) => {
			if (cancels) return await endJob(queue.handle(), job);
			return (await ask(queue.handle(), job, t, controller.signal)).job ?? job;
		});
	}

	/** An earlier process did not hear the answer: whether there is a job is found out, as far as the provider lets us. */
	private goOnSubmitting(
		{ intent, msg }: InterruptedSubmit,
		send: JobRun['send'],
		done: JobRun['done'],
	): void {
		const { node, queue, t } = this.parts;
		const prepared = this.parts.findOut?.(intent);
		if (!prepared) return queue.fail(interruptedSubmit(intent, t), msg, done);
		node.log(t('log.resubmitted', { id: intent.requestId ?? intent.key }));
		// Until it is found out, the next process would have to go on with it.
		addIntent(node.id, intent);
		const run = newJobRun(prepared, msg, send, done);
		const interrupted = { ...run, submitKey: intent.key, interrupted: intent };
		queue.start(interrupted, async (...given) => {
			try {
				return await prepared.begin(...given);
			} catch (error) {
				throw stillInDoubt(error);
			}
		});
	}

	/** @param removed the node is gone for good, so its jobs are cancelled where the provider can */
	private async close(removed: boolean): Promise<void> {
		const { RED, node, queue, pendingJobs } = this.parts;
		pendingJobs.end();
		for (const pending of this.arriving.values()) pendingJobs.handOn(pending);
		queue.close(removed ? 'cancel' : 'close');
		await atMost(HEAR_OUT_MS, queue.ended());
		if (removed) return;
		queue.writeLeft();
		await pendingJobs.written();
		// A full deploy does not say which nodes are gone; who is not there when all runs again, is.
		whenStarted(RED, () => {
			if (!RED.nodes.getNode(node.id)) void this.cancelLeft();
		});
	}

	private async cancelLeft(): Promise<void> {
		const { node, queue, t } = this.parts;
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
