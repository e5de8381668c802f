/** Cancel at the provider, where it can. */
import { isFinal, type Job, type Provider, type Reading } from '../providers/contract';
import { failure } from '../providers/failures';
import { requestOf, transportFailure, type Account, type Host } from './http';

export async function cancelJob(
	provider: Provider,
	account: Account,
	job: Job,
	host: Host,
): Promise<Reading> {
	if (isFinal(job.status)) return { job };
	if (!provider.cancelCall || !provider.readCancel) {
		return {
			failure: failure(
				'not_allowed',
				`${provider.title} can not cancel jobs, so job ${job.jobId} goes on.`,
				{ accepted: 'yes', advice: 'Let it finish, or ignore its result.' },
			),
		};
	}
	try {
		const reply = await host.http(requestOf(provider, account, provider.cancelCall(job)));
		return provider.readCancel(reply, job, { nowMs: host.now(), baseUrl: account.baseUrl });
	} catch (error) {
		const { message } = transportFailure(error);
		return {
			failure: failure('network', `Job ${job.jobId} could not be cancelled (${message}).`, {
				accepted: 'yes',
			}),
		};
	}
}
