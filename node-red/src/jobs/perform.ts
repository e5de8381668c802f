/** What is done for the job of one message: begun, waited for, put into the message. */
import {
	asItStands,
	failureOf,
	lastingProblem,
	pollUntilDone,
	withNextPoll,
} from '../../../jobs/poll';
import { usualSeconds } from '../../../jobs/durations';
import { withPublishedTimes } from '../../../jobs/publishedTimes';
import type { Job } from '../../../providers/contract';
import { ofModel } from '../../../providers/schema/ofModel';
import type { AccountHandle } from '../account/account';
import { providerError } from '../messages/errors';
import type { Message } from '../messages/message';
import { withQuote } from '../money/quote';
import { fillMessage } from '../output/video';
import type { RuntimeHost } from '../runtime/host';
import type { JobRun } from './jobRun';
import type { LearnedDurations } from './learnedDurations';
import type { Polls } from './status';

export interface RunObserver {
	/** @throws JobError where there is no usable account */
	handle(): AccountHandle;
	enter(run: JobRun, stage: JobRun['stage']): void;
	/** A job exists from now on. */
	jobExists(run: JobRun): void;
	show(): void;
	/** How long the node's jobs took. */
	learned: LearnedDurations;
}

/**
 * @param begin submits, or finds the job that exists
 * @returns the message to pass on
 * @throws JobError where the job ended badly
 */
export async function perform(
	run: JobRun,
	begin: () => Promise<Job>,
	{ handle, enter, jobExists, show, learned }: RunObserver,
): Promise<Message> {
	const { signal } = run.controller;
	signal.throwIfAborted();
	enter(run, run.job ? 'waiting' : 'submitting');
	// A deploy may take the account away while the job is being submitted; it is needed to cancel the job then.
	const account = handle();
	run.job = await begin();
	enter(run, 'waiting');
	jobExists(run);
	signal.throwIfAborted();
	run.job = withQuote(run.job, await run.quoted);
	// How long it takes depends on the model.
	const ofRun = run.asked ? ofModel(account.provider, run.asked) : account.provider;
	const known = await learned.known(ofRun, run.kind);
	const provider = await withPublishedTimes(known, account.account, run.asked ?? {}, account.host);
	run.usualSeconds = usualSeconds(provider);
	if (run.wait) {
		await wait(run, run.job, { ...account, provider }, show, (seconds) =>
			learned.note(run.kind, seconds, account.host.now()),
		);
	} else run.job = withNextPoll(provider, run.job, account.host.now());
	const { job } = run;
	const reason = failureOf(job);
	const wanted = job.status === 'cancelled' && run.cancels === true;
	if (reason && !wanted) throw providerError(account.provider, reason, job);
	if (job.status === 'succeeded' && run.plan.mode !== 'job') enter(run, 'downloading');
	return await fillMessage(run.msg, job, run.plan, account, signal);
}

async function wait(
	run: JobRun,
	submitted: Job,
	{ provider, account, host }: AccountHandle,
	show: () => void,
	onTook: (seconds: number) => void,
): Promise<void> {
	const observed = observedHost(host, (polls) => {
		run.polls = polls;
		show();
	});
	const result = await pollUntilDone(provider, account, submitted, observed, {
		deadlineMs: run.deadlineMs,
		signal: run.controller.signal,
		onTook,
		onProgress(progressed) {
			run.job = progressed;
			show();
		},
	});
	run.job = asItStands(result);
	const problem = lastingProblem(result);
	if (problem) throw providerError(provider, problem, result.job);
}

/** A host that tells how the waiting goes: each question is one request, and before each there is a pause. */
function observedHost(host: RuntimeHost, tell: (polls: Polls) => void): RuntimeHost {
	let asked = 0;
	return {
		...host,
		async http(...request) {
			asked += 1;
			return await host.http(...request);
		},
		async sleep(ms, signal) {
			tell({ asked, nextAtMs: host.now() + ms });
			await host.sleep(ms, signal);
		},
	};
}
