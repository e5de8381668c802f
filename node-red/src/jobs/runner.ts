/**
 * Sees the messages of one node through: in line, submitted, waited for, downloaded, passed on. The life of a job
 * itself is in `jobs/` at the root; this is what Node-RED adds: many messages at once, status, Catch, cancel, redeploy.
 *
 * Rules that must never regress:
 * - a submit on its way is awaited to its reply, whatever happens to the node, so that its job's id is known;
 * - a job that exists is attached to after a redeploy, never submitted again;
 * - a submit of doubtful outcome is never sent again, by a redeploy neither;
 * - a message ends exactly once: sent on, or failed with the job's id.
 */
import type { NodeAPI } from 'node-red';
import type { Job, Reading } from '../../../providers/contract';
import { failureText, sentence } from '../../../providers/replies/failureText';
import { translator, type Translate } from '../i18n/translate';
import { asRefusal, JobError, refused, shown } from '../messages/errors';
import type { Message } from '../messages/message';
import { ask } from './ask';
import { cancelledInLine } from './cancel';
import { cancelRequest, type CancelRequest } from './cancelRequest';
import { newJobRun, type Answer, type JobRun, type PreparedJob } from './jobRun';
import { LearnedDurations } from './learnedDurations';
import { JobLifecycle } from './lifecycle';
import { PendingJobs } from './pendingJobs';
import { JobQueue, type QueueOptions } from './queue';
import { watchForStop } from './stopReport';
import type { SubmitIntent } from './submitIntents';

export interface RunnerOptions extends Omit<QueueOptions, 'learned'> {
	RED: NodeAPI;
	/**
	 * For a node that takes messages: makes sure that everything about one is right before it gets in line.
	 *
	 * @throws JobError where something is not
	 */
	prepare?(msg: Message): Promise<PreparedJob | Answer>;
	/**
	 * For a node that submits: how to find out about a submit that an earlier process did not hear the answer of.
	 * `undefined` where nobody can be asked.
	 */
	findOut?(intent: SubmitIntent): PreparedJob | undefined;
}

export class JobRunner {
	private readonly queue: JobQueue;
	private readonly lifecycle: JobLifecycle;
	private readonly t: Translate;
	private readonly lasts: boolean;
	/** Ends questions that belong to no job. */
	private readonly closing = new AbortController();
	/** How often all messages were cancelled. */
	private endings = 0;

	constructor(private readonly options: RunnerOptions) {
		const { RED, node, prepare, findOut } = options;
		this.t = translator(RED);
		const pendingJobs = new PendingJobs(RED, node);
		this.lasts = pendingJobs.lasts;
		const learned = new LearnedDurations(RED, node);
		this.queue = new JobQueue({ ...options, learned }, pendingJobs, this.t);
		this.lifecycle = new JobLifecycle({
			...{ RED, node, queue: this.queue, pendingJobs, t: this.t, findOut },
			takesMessages: prepare !== undefined,
		});
	}

	/** Listens to the node from now on. */
	attach(): this {
		const { RED, node, prepare, submits } = this.options;
		const { lasts } = this;
		watchForStop(RED, node.id, { lasts, runs: this.queue.runs });
		if (submits && !lasts) adviseOnce(RED, this.t('log.memory-only'));
		this.lifecycle.attach();
		node.on('close', () => this.closing.abort());
		if (prepare) node.on('input', (msg, send, done) => void this.receive(msg, send, done, prepare));
		return this;
	}

	/** What comes in: a new message, the wish to end others, or what an earlier instance left. */
	private async receive(
		msg: Message,
		send: JobRun['send'],
		done: JobRun['done'],
		prepare: (msg: Message) => Promise<PreparedJob | Answer>,
	): Promise<void> {
		if (this.lifecycle.arrived(msg, send, done)) return;
		const cancel = cancelRequest(msg);
		if (cancel) return await this.cancel(cancel, msg, done);
		const { endings } = this;
		try {
			const prepared = await prepare(msg);
			delete msg.failure;
			if ('answer' in prepared) {
				send(await prepared.answer(this.closing.signal));
				return done();
			}
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

	/** Ends the jobs that the message means, and the message with them. */
	private async cancel(request: CancelRequest, msg: Message, done: JobRun['done']): Promise<void> {
		const { queue, t } = this;
		const { property, meant, stopsWaiting } = request;
		if (meant === 'nothing readable') {
			const value = shown(request.value);
			const message = t('error.cancel-names-no-job', { property, value });
			return queue.refuse(refused(message, t('advice.cancel-names-no-job')), msg, done);
		}
		if (meant === 'all') this.endings += 1;
		const runs = [...queue.runs].filter(
			({ job }) => meant === 'all' || (job && request.ids.includes(job.jobId)),
		);
		const known = new Set(runs.map(({ job }) => job?.jobId));
		const unknown = meant === 'all' ? [] : request.ids.filter((id) => !known.has(id));
		const goOn = await queue.cancel(runs, stopsWaiting);
		if (unknown.length > 0) {
			const message = t('error.not-waiting', { id: unknown.join(', ') });
			return queue.refuse(refused(message, t('advice.not-waiting')), msg, done);
		}
		const [first] = goOn;
		if (!first) return done();
		const reasons = goOn
			.map(({ failure, job, title }) =>
				sentence(failureText(failure, { title, jobId: job?.jobId })),
			)
			.join(' ');
		const advice = t(stopsWaiting ? 'advice.goes-on-unheard' : 'advice.goes-on');
		queue.refuse(new JobError({ ...first.failure, message: reasons, advice }), msg, done);
	}
}

const advised = new WeakSet<object>();

/** One line for the whole process: it is true of each node alike. */
function adviseOnce({ log, events }: NodeAPI, text: string): void {
	if (advised.has(events)) return;
	advised.add(events);
	log.info(text);
}
