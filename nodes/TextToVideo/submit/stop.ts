/** Stop means stop: nothing more is sent, and a job that exists is cancelled where the provider can. */
import type { IExecuteSingleFunctions } from 'n8n-workflow';
import { cancelJob } from '../../../jobs/cancel';
import type { Account } from '../../../jobs/host';
import type { Job, Provider } from '../../../providers/contract';
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

/** @throws ItemError with the job's id when the execution was stopped */
export async function stopIfStopped(
	context: IExecuteSingleFunctions,
	provider: Provider,
	account: Account,
	job: Job,
	host: N8nHost,
	record: (job: Job) => void,
): Promise<void> {
	if (!isStopped(context)) return;
	const reading = await cancelJob(provider, account, job, host);
	if (reading.job) record(reading.job);
	const { status } = reading.job ?? job;
	const what = !reading.job
		? 'was not cancelled and may still finish'
		: status === 'cancelled'
			? 'was cancelled'
			: `had ended before (${status})`;
	const stopped = failure('cancelled', `The execution was stopped. Job ${job.jobId} ${what}.`, {
		accepted: 'yes',
		// What was not cancelled is paid for, and what was may be: nothing here is to look like a call for a second order.
		advice:
			status === 'cancelled' || status === 'failed'
				? `There is no video. What became of the job, Fetch Result and the job ID ${job.jobId} tell.`
				: `Get the video with Fetch Result and the job ID ${job.jobId}; do not order it again.`,
	});
	context.logger.warn(`${stopped.message} ${stopped.advice} (${placeOf(context)})`);
	throw new ItemError(ownFailure(provider, stopped, reading.job ?? job));
}
