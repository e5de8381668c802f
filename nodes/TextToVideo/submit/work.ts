/** One item's work: what it is about, and the job that it has or gets. */
import type { NodeOptions } from '../../shared/readOptions';
import { ItemError, ownFailure, providerFailure } from '../../shared/errors';
import type { Settling } from '../../shared/settle';
import type { Job } from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import { submitItem, type RequestOptions } from './item';
import type { Run } from './run';
import { refuseAfterStop, stopIfStopped } from './stop';

export interface Work extends Settling {
	run: Run;
	options: RequestOptions;
	choices: NodeOptions;
}

/** Submits the item. @throws ItemError where there is no job, or where nobody knows */
export async function newJob(work: Work): Promise<Job> {
	const { context, run, provider, account, host, options } = work;
	const itemIndex = context.getItemIndex();
	const refused = run.ledger.refused(itemIndex);
	if (refused) throw new ItemError(providerFailure(provider, refused));
	refuseAfterStop(context, provider);
	const { values, problem } = run.item(itemIndex);
	if (!values || run.woken) {
		const text = problem ?? 'This item was not submitted before the run fell asleep.';
		throw new ItemError(
			ownFailure(
				provider,
				failure('invalid_request', text, {
					accepted: 'no',
					advice: 'Change the field. Nothing was submitted for this item.',
				}),
			),
		);
	}
	return await submitItem({ context, run, provider, account, host, options, values });
}

/** @throws ItemError when the execution was stopped; the job is cancelled where the provider can */
export function endIfStopped({ context, run, provider, account, host }: Work, job: Job): void {
	const itemIndex = context.getItemIndex();
	stopIfStopped(context, provider, account, run.jobOf(itemIndex) ?? job, host, {
		cancelling: () => run.ledger.noteCancelling(itemIndex),
		ended: (current) => run.record(itemIndex, current),
	});
}
