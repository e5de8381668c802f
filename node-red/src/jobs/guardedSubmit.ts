/** What stands before and behind a submit: room in the provider's queue, and the limits of what may be spent. */
import { waitForRoom } from '../../../jobs/queueRoom';
import type { Job } from '../../../providers/contract';
import type { AccountHandle } from '../account/account';
import { JobError } from '../messages/errors';
import type { Budgeted } from '../money/quote';
import type { JobRun } from './jobRun';

/** Waits in line at the provider where it can be asked, and says so under the node. */
export async function withRoom(
	{ provider, account, host }: AccountHandle,
	run: JobRun,
	show: () => void,
	submit: () => Promise<Job>,
): Promise<Job> {
	const leaveLine = await waitForRoom(provider, account, host, {
		signal: run.controller.signal,
		onFull(queue) {
			run.fullQueue = queue;
			show();
		},
	});
	delete run.fullQueue;
	show();
	return await submit().finally(leaveLine);
}

/** What was reserved is free again only where the provider certainly did not take the job. */
export async function withBudget(budget: Budgeted, submit: () => Promise<Job>): Promise<Job> {
	try {
		const job = await submit();
		budget.settle();
		return job;
	} catch (error) {
		// Whatever is no JobError happened before anything was sent.
		if (!(error instanceof JobError) || error.failure.accepted === 'no') budget.release();
		else budget.settle();
		throw error;
	}
}
