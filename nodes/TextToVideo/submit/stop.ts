/** Stop means stop: nothing more is sent, and a job that exists is cancelled where the provider can. */
import type { IExecuteSingleFunctions } from 'n8n-workflow';
import { cancelJob } from '../../../jobs/cancel';
import type { Account } from '../../../jobs/host';
import {
	isFinal,
	type Job,
	type Provider,
	type ProviderFailure,
} from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import { ItemError, ownFailure } from '../../shared/errors';
import type { N8nHost } from '../../shared/host';
import { placeOf } from './place';

const isStopped = (context: IExecuteSingleFunctions): boolean =>
	context.getExecutionCancelSignal()?.aborted === true;

/** @throws ItemError when the execution was stopped before this item was sent */
export function refuseAfterStop(context: IExecuteSingleFunctions, provider: Provider): void {
	if (!isStopped(context)) return;
	const stopped = failure('cancelled', 'The execution was stopped before this item was sent.', {
		accepted: 'no',
		advice: 'Nothing was submitted for this item, so nothing is paid for it.',
	});
	throw new ItemError(ownFailure(provider, stopped));
}

export interface StopRecord {
	/** The provider is asked to cancel the job; what becomes of it is recorded later, if ever. */
	cancelling(): void;
	ended(job: Job): void;
}

/**
 * n8n saves a stopped run at once. A node that has not failed by then is missing from what it saved, and a Retry of that
 * does nothing and calls it a success: so the node does not wait for the provider's answer to the cancel.
 *
 * @throws ItemError with the job's id when the execution was stopped
 */
export function stopIfStopped(
	context: IExecuteSingleFunctions,
	provider: Provider,
	account: Account,
	job: Job,
	host: N8nHost,
	record: StopRecord,
): void {
	if (!isStopped(context)) return;
	const say = (stopped: ProviderFailure) =>
		context.logger.warn(`${stopped.message} ${stopped.advice} (${placeOf(context)})`);
	if (isFinal(job.status) || !provider.cancelCall?.(job)) {
		const stopped = stoppedFailure(job, isFinal(job.status));
		say(stopped);
		throw new ItemError(ownFailure(provider, stopped, job));
	}
	record.cancelling();
	void cancelJob(provider, account, job, host).then((reading) => {
		if (reading.job) record.ended(reading.job);
		say(stoppedFailure(reading.job ?? job, reading.job !== undefined));
	});
	const advice = `What becomes of it, n8n's log says, and Fetch Result with the job ID ${job.jobId}; do not order it again.`;
	const message = `The execution was stopped. Job ${job.jobId} is being cancelled.`;
	const stopped = failure('cancelled', message, { accepted: 'yes', advice });
	throw new ItemError(ownFailure(provider, stopped, job));
}

/** @param isOver whether the job is known to have ended */
function stoppedFailure({ jobId, status }: Job, isOver: boolean): ProviderFailure {
	const what = !isOver
		? 'was not cancelled and may still finish'
		: status === 'cancelled'
			? 'was cancelled'
			: `had ended before (${status})`;
	return failure('cancelled', `The execution was stopped. Job ${jobId} ${what}.`, {
		accepted: 'yes',
		// What was not cancelled is paid for, and what was may be: nothing here is to look like a call for a second order.
		advice:
			status === 'cancelled' || status === 'failed'
				? `There is no video. What became of the job, Fetch Result and the job ID ${jobId} tell.`
				: `Get the video with Fetch Result and the job ID ${jobId}; do not order it again.`,
	});
}
