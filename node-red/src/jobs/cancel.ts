/** The end of a job that someone asked for. */
import { cancelJob } from '../../../jobs/cancel';
import { failureOf } from '../../../jobs/poll';
import { isFinal, type Job } from '../../../providers/contract';
import { providers } from '../../../providers/registry';
import { failure } from '../../../providers/replies/failures';
import type { AccountHandle } from '../account/account';
import type { Translate } from '../i18n/translate';
import { JobError, providerError } from '../messages/errors';

/** Cancels at the provider. @throws JobError where it can not, or does not */
export async function endJob({ provider, account, host }: AccountHandle, job: Job): Promise<Job> {
	const reading = await cancelJob(provider, account, job, host);
	if (reading.job) return reading.job;
	throw providerError(provider, reading.failure, job);
}

export function cancelledInLine(t: Translate): JobError {
	const advice = t('advice.cancelled-in-line');
	const message = t('error.cancelled-in-line');
	return new JobError(failure('cancelled', message, { accepted: 'no', advice }));
}

/**
 * @param job as far as there is one
 * @returns how the message ended that someone wanted to end
 */
export async function endMessage(
	job: Job | undefined,
	handle: () => AccountHandle,
	t: Translate,
): Promise<JobError> {
	if (!job) return cancelledInLine(t);
	const ended = isFinal(job.status) ? job : await endJob(handle(), job);
	const reason = failureOf(ended);
	const title = providers.find(({ id }) => id === ended.provider)?.account.title;
	if (reason) return new JobError(reason, ended, title);
	const advice = t('advice.stopped-download');
	const message = t('error.stopped-download');
	return new JobError(failure('cancelled', message, { accepted: 'yes', advice }), ended);
}
