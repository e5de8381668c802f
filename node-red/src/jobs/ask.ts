/** A question after a job that may be another account's. */
import { pollOnce } from '../../../jobs/poll';
import { isFinal, type Job, type Provider, type Reading } from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import type { AccountHandle } from '../account/account';
import type { Translate } from '../i18n/translate';
import { JobError } from '../messages/errors';

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
