/** Fetch Result: a job that exists, from its id or from the job in the message. Submits nothing. */
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { DEFAULT_WAIT_MINUTES } from '../../jobs/poll';
import { namesJob, resolveJob } from '../../jobs/resolveJob';
import { isFinal, type Job, type Provider } from '../../providers/contract';
import { accountOf, showAccountFault } from '../src/account/account';
import { accountAnswer, asksForAccount } from '../src/jobs/answers';
import { findAnswer } from '../src/jobs/findJobs';
import type { Answer, JobRun, PreparedJob } from '../src/jobs/jobRun';
import type { Message } from '../src/messages/message';
import { numberOr } from '../src/input/numbers';
import { planOutput, type OutputDef } from '../src/output/outputPlan';
import { providerError, refused, shown } from '../src/messages/errors';
import { JobRunner } from '../src/jobs/runner';
import { translator } from '../src/i18n/translate';
import { evaluate } from '../src/input/evaluate';
import { otherProvider } from '../src/jobs/ask';
import { endJob } from '../src/jobs/cancel';

interface ResultDef extends NodeDef, OutputDef {
	account?: string;
	/**
	 * `ask` once, `wait` for the end, `cancel` at the provider, `find` jobs whose id is lost, or look what the `account`
	 * holds.
	 */
	operation?: 'ask' | 'wait' | 'cancel' | 'find' | 'account';
	/** Typed input: a job id, or a whole job as Text to Video gives it. */
	jobId?: string;
	jobIdType?: string;
	/** Minutes. */
	waitAtMost?: string | number;
}

const MINUTE_MS = 60_000;
/** Questions cost nothing; this bounds the open downloads. */
const PARALLEL = 8;

export default function register(RED: NodeAPI): void {
	const t = translator(RED);

	function FetchResult(this: Node, def: ResultDef): void {
		RED.nodes.createNode(this, def);
		showAccountFault(RED, this, def.account, t);
		const runner: JobRunner = new JobRunner({
			RED,
			node: this,
			account: () => accountOf(RED, def.account, t),
			parallel: PARALLEL,
			prepare: async (msg) => await prepare(this, def, runner, msg),
		}).attach();
	}

	async function prepare(
		node: Node,
		def: ResultDef,
		runner: JobRunner,
		msg: Message,
	): Promise<PreparedJob | Answer> {
		const handle = accountOf(RED, def.account, t);
		const { provider, host } = handle;
		if (def.operation === 'account' || asksForAccount(msg)) return accountAnswer(RED, handle, msg);
		if (def.operation === 'find') return findAnswer(handle, msg, t);
		const source = { RED, node, msg, t };
		const field = { name: 'jobId', title: t('label.job-id') };
		const type = def.jobIdType ?? 'msg';
		const value = def.jobId ?? 'job';
		const given = type === 'str' ? value : await evaluate(source, field, type, value);
		const job = jobOf(given, msg, provider, host.now());
		const plan = await planOutput(source, def);
		const minutes = numberOr(def.waitAtMost, DEFAULT_WAIT_MINUTES);
		const cancels = def.operation === 'cancel';
		return {
			...{ plan, job, cancels },
			wait: def.operation === 'wait',
			deadlineMs: host.now() + minutes * MINUTE_MS,
			begin: async (run) =>
				cancels
					? await endJob(accountOf(RED, def.account, t), job)
					: await ask(def, runner, run, job),
		};
	}

	async function ask(
		def: ResultDef,
		runner: JobRunner,
		{ controller, wait }: JobRun,
		job: Job,
	): Promise<Job> {
		if (job.status === 'succeeded' && job.videos.length > 0) return job;
		const reading = await runner.ask(reopened(job), controller.signal);
		if (reading.job) return reading.job;
		// While waiting, a provider that can not be asked right now is asked again.
		if (wait && reading.failure.retryable) return job;
		throw providerError(accountOf(RED, def.account, t).provider, reading.failure, job);
	}

	function jobOf(given: unknown, msg: Message, provider: Provider, nowMs: number): Job {
		const candidates = [msg.job, msg.payload];
		const resolved = resolveJob(provider, given ?? candidates.find(namesJob), candidates, nowMs);
		if (resolved.job) return resolved.job;
		if (resolved.problem === 'otherProvider') throw otherProvider(provider, resolved.other, t);
		if (resolved.problem === 'missing') throw refused(t('error.no-job-id'), t('advice.no-job-id'));
		const isSeveral = Array.isArray(given) && given.length > 1;
		throw refused(
			t('error.not-a-job', { value: shown(given) }),
			t(isSeveral ? 'advice.several-jobs' : 'advice.no-job-id'),
		);
	}

	RED.nodes.registerType('text-to-video-result', FetchResult);
}

/** A job that was given up on may have changed since; a success without a video is asked about too. */
const reopened = (job: Job): Job =>
	isFinal(job.status) ? { ...job, status: 'processing', failure: undefined } : job;
