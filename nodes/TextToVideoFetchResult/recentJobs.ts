/** Jobs that only the provider still knows of: the account's newest ones, and the one of a submit in doubt. */
import { findSubmit, recentJobs } from '../../jobs/findSubmit';
import { failure } from '../../providers/replies/failures';
import type { Job, Provider } from '../../providers/contract';
import { ItemError, ownFailure, providerFailure } from '../shared/errors';
import { signalOf } from '../shared/output';
import type { Settling } from '../shared/settle';

/** @returns the job of the submit that bore the Request ID, or the newest jobs, newest first, where it is empty */
export async function findJobs(settling: Settling): Promise<Job[]> {
	const requestId = String(settling.context.getNodeParameter('requestId', '') ?? '').trim();
	return requestId === '' || requestId === 'undefined'
		? await newestJobs(settling)
		: [await findJob(settling, requestId)];
}

async function newestJobs({ context, provider, account, host }: Settling): Promise<Job[]> {
	const found = await recentJobs(provider, account, host, signalOf(context).signal);
	if (!found) throw withoutList(provider);
	if (found.failure) throw new ItemError(providerFailure(provider, found.failure));
	return found.jobs;
}

/** @throws ItemError with `accepted: unknown` where the provider's log does not have it for certain */
async function findJob({ context, provider, account, host }: Settling, requestId: string) {
	if (!provider.submitLog?.bearsRequestId) throw withoutList(provider);
	const found = await findSubmit(provider, account, requestId, host.now(), host, {
		once: true,
		...signalOf(context),
	});
	if (found?.outcome === 'found') return found.job;
	throw new ItemError(
		providerFailure(
			provider,
			failure('not_found', `The job is not known yet. ${found?.looked ?? ''}`.trim(), {
				accepted: 'unknown',
				advice:
					'A row may come only when the video is done: look again in some minutes before you submit anew.',
			}),
		),
	);
}

const withoutList = (provider: Provider): ItemError =>
	new ItemError(
		ownFailure(
			provider,
			failure(
				'not_allowed',
				`${provider.account.title} has no list of jobs that could be asked for.`,
				{
					accepted: 'unknown',
					advice: `Look at the account on the website of ${provider.account.title}.`,
				},
			),
		),
	);
