/**
 * Cancel at the provider, where it can. The job is asked for first: servers of OpenAI's format know one call for
 * "cancel" and "delete", and a job that ended in the meantime would lose its video.
 */
import { isFinal, type Job, type Provider, type Reading } from '../providers/contract';
import { failure } from '../providers/replies/failures';
import { requestOf, type Account, type Host } from './host';
import { transportFailure, transportProblem } from './transportErrors';
import { pollOnce } from './poll';

/** @returns the job: cancelled, or as it ended before */
export async function cancelJob(
	provider: Provider,
	account: Account,
	job: Job,
	host: Host,
): Promise<Reading> {
	if (isFinal(job.status)) return { job };
	const call = provider.cancelCall?.(job);
	if (!call || !provider.readCancel) {
		return {
			failure: failure(
				'not_allowed',
				`${provider.title} can not cancel jobs, so job ${job.jobId} goes on.`,
				{ accepted: 'yes', advice: 'Let it finish, or ignore its result.' },
			),
		};
	}
	try {
		const asked = await pollOnce(provider, account, job, host);
		if (asked.failure?.code === 'not_found') return asked;
		const current = asked.job ?? job;
		if (isFinal(current.status)) return { job: current };
		const reply = await host.http(requestOf(provider, account, call));
		return provider.readCancel(reply, current, { nowMs: host.now(), baseUrl: account.baseUrl });
	} catch (error) {
		const happened = (message: string) => `Job ${job.jobId} could not be cancelled (${message}).`;
		return { failure: transportProblem(transportFailure(error), happened, 'yes', host) };
	}
}
