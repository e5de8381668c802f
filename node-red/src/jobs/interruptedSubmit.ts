/** A submit that was on its way when an earlier process ended: whether there is a job is found out, or said to be unknown. */
import { findSubmit } from '../../../jobs/findSubmit';
import type { Job } from '../../../providers/contract';
import { providers } from '../../../providers/registry';
import { DOUBTFUL_ADVICE, failure } from '../../../providers/replies/failures';
import type { AccountHandle } from '../account/account';
import type { Translate } from '../i18n/translate';
import { JobError } from '../messages/errors';
import type { SubmitIntent } from './submitIntents';

/** @param looked where the job was looked for in vain */
export function interruptedSubmit(intent: SubmitIntent, t: Translate, looked = ''): JobError {
	const { provider, requestId, key, sentAt } = intent;
	const title = providers.find(({ id }) => id === provider)?.title ?? provider;
	const values = { provider: title, time: sentAt, id: requestId ?? key };
	const message = `${t('error.submit-interrupted', values)} ${looked}`.trim();
	const advice = t('advice.submit-interrupted');
	const reason = failure('network', message, { accepted: 'unknown', advice, retryable: false });
	return new JobError({ ...reason, ...(requestId ? { requestId } : {}) });
}

/**
 * Looks into the provider's log, where it has one.
 *
 * @throws JobError where the job is not there, which does not mean that there is none
 */
export async function findInterrupted(
	{ provider, account, host }: AccountHandle,
	intent: SubmitIntent,
	t: Translate,
	signal: AbortSignal,
): Promise<Job> {
	const sentAtMs = Date.parse(intent.sentAt) || host.now();
	const id = intent.requestId ?? '';
	const found = await findSubmit(provider, account, id, sentAtMs, host, { signal });
	if (found?.outcome === 'found') return found.job;
	throw interruptedSubmit(intent, t, found?.looked);
}

/** That a second sending was not taken says nothing about the first one. */
export function stillInDoubt(error: unknown): unknown {
	if (!(error instanceof JobError) || error.failure.accepted !== 'no') return error;
	const reason = { ...error.failure, accepted: 'unknown', advice: DOUBTFUL_ADVICE } as const;
	return new JobError(reason, error.job, error.title);
}
