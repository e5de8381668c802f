/** What is done for the job of one message: begun, waited for, put into the message; asked for; cancelled. */
import { cancelJob } from '../../../jobs/cancel';
import {
	asItStands,
	failureOf,
	lastingProblem,
	pollOnce,
	pollUntilDone,
	withNextPoll,
} from '../../../jobs/poll';
import { isFinal, type Job, type Provider, type Reading } from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import type { AccountHandle } from '../account/account';
import type { JobRun } from './jobRun';
import type { Message } from '../messages/message';
import { fillMessage } from '../output/video';
import { JobError } from '../messages/errors';
import type { Translate } from '../i18n/translate';

export interface Watcher {
	/** @throws JobError where there is no usable account */
	handle(): AccountHandle;
	enter(entry: JobRun, stage: JobRun['stage']): void;
	/** A job exists from now on. */
	note(): void;
	show(): void;
}

/**
 * @param begin submits, or finds the job that exists
 * @returns the message to pass on
 * @throws JobError where the job ended badly
 */
export async function work(
	entry: JobRun,
	begin: () => Promise<Job>,
	{ handle, enter, note, show }: Watcher,
): Promise<Message> {
	const { signal } = entry.controller;
	signal.throwIfAborted();
	enter(entry, entry.job ? 'waiting' : 'submitting');
	// A deploy may take the account away while the job is being submitted; it is needed to cancel the job then.
	const account = handle();
	entry.job = await begin();
	enter(entry, 'waiting');
	note();
	signal.throwIfAborted();
	if (entry.wait) await wait(entry, entry.job, account, show);
	else entry.job = withNextPoll(account.provider, entry.job, 0, account.host.now());
	const { job } = entry;
	const reason = failureOf(job);
	const wanted = job.status === 'cancelled' && entry.cancels === true;
	if (reason && !wanted) throw new JobError(reason, job);
	if (job.status === 'succeeded' && entry.plan.mode !== 'job') enter(entry, 'downloading');
	return await fillMessage(entry.msg, job, entry.plan, account, signal);
}

async function wait(
	entry: JobRun,
	submitted: Job,
	{ provider, account, host }: AccountHandle,
	show: () => void,
): Promise<void> {
	const result = await pollUntilDone(provider, account, submitted, host, {
		deadlineMs: entry.deadlineMs,
		signal: entry.controller.signal,
		onProgress(progressed) {
			entry.job = progressed;
			show();
		},
	});
	entry.job = asItStands(result);
	const problem = lastingProblem(result);
	if (problem) throw new JobError(problem, result.job);
}

/** The job as it is now: time has passed since it was last heard of, and the deadline may have too. */
export async function ask(
	{ provider, account, host }: AccountHandle,
	job: Job,
	t: Translate,
	signal: AbortSignal,
): Promise<Reading> {
	if (job.provider !== provider.id) throw otherProvider(provider, job, t);
	return isFinal(job.status) ? { job } : await pollOnce(provider, account, job, host, signal);
}

export function otherProvider(provider: Provider, job: Job, t: Translate): JobError {
	const message = t('error.other-provider', { provider: provider.title, other: job.provider });
	const advice = t('advice.other-provider');
	return new JobError(failure('invalid_request', message, { accepted: 'yes', advice }), job);
}

/** Cancels at the provider. @throws JobError where it can not, or does not */
export async function endJob({ provider, account, host }: AccountHandle, job: Job): Promise<Job> {
	const reading = await cancelJob(provider, account, job, host);
	if (reading.job) return reading.job;
	throw new JobError(reading.failure, job);
}

export function cancelledInLine(t: Translate): JobError {
	const advice = t('advice.cancelled-in-line');
	const message = t('error.cancelled-in-line');
	return new JobError(failure('cancelled', message, { accepted: 'no', advice }));
}

/** @returns how the message ended that someone wanted to end */
export async function cancel(
	{ job }: JobRun,
	handle: () => AccountHandle,
	t: Translate,
): Promise<JobError> {
	if (!job) return cancelledInLine(t);
	const ended = isFinal(job.status) ? job : await endJob(handle(), job);
	const reason = failureOf(ended);
	if (reason) return new JobError(reason, ended);
	const advice = t('advice.stopped-download');
	const message = t('error.stopped-download');
	return new JobError(failure('cancelled', message, { accepted: 'yes', advice }), ended);
}
