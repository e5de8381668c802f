/** Jobs that only the provider still knows of: the account's newest ones, and the one of a submit in doubt. */
import { findSubmit, recentJobs } from '../../../jobs/findSubmit';
import type { Job } from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import type { AccountHandle } from '../account/account';
import type { Translate } from '../i18n/translate';
import { JobError, providerError } from '../messages/errors';
import type { Message } from '../messages/message';
import type { Answer } from './jobRun';

/** The job of the message's request id in `msg.job`; without one, the newest jobs in `msg.payload`. */
export function findAnswer(handle: AccountHandle, msg: Message, t: Translate): Answer {
	// What failed is not part of the answer, but it names what to look for.
	const requestId = requestIdOf(msg);
	return {
		async answer(signal) {
			if (requestId === undefined) msg.payload = await newestJobs(handle, t, signal);
			else msg.payload = msg.job = await findJob(handle, requestId, t, signal);
			return msg;
		},
	};
}

/** The request id that the message bears: its own, or that of the submit that failed. */
function requestIdOf({ requestId, failure: reason, job }: Message): string | undefined {
	const given = [requestId, reason?.requestId, job?.requestId].find(
		(id): id is string => typeof id === 'string' && id.trim() !== '',
	);
	return given?.trim();
}

/** @throws JobError with `accepted: unknown` where the provider's log does not have it for certain */
async function findJob(
	{ provider, account, host }: AccountHandle,
	requestId: string,
	t: Translate,
	signal: AbortSignal,
): Promise<Job> {
	const title = provider.account.title;
	if (!provider.submitLog?.bearsRequestId) throw withoutList(title, t);
	const now = host.now();
	const found = await findSubmit(provider, account, requestId, now, host, { once: true, signal });
	if (found?.outcome === 'found') return found.job;
	const message = `${t('error.not-found-yet')} ${found?.looked ?? ''}`.trim();
	const advice = t('advice.not-found-yet');
	const reason = failure('not_found', message, { accepted: 'unknown', advice });
	throw providerError(provider, { ...reason, requestId });
}

/** @returns the account's newest jobs, newest first */
async function newestJobs(
	{ provider, account, host }: AccountHandle,
	t: Translate,
	signal: AbortSignal,
): Promise<Job[]> {
	const found = await recentJobs(provider, account, host, signal);
	if (!found) throw withoutList(provider.account.title, t);
	if (found.failure) throw providerError(provider, found.failure);
	return found.jobs;
}

function withoutList(provider: string, t: Translate): JobError {
	const advice = t('advice.no-list', { provider });
	const message = t('error.no-list', { provider });
	return new JobError(failure('not_allowed', message, { accepted: 'unknown', advice }));
}
