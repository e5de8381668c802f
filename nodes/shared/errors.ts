/** Failures as n8n shows them: the message says what happened, the description what to do. */
import {
	NodeOperationError,
	type IDataObject,
	type INode,
	type INodeExecutionData,
} from 'n8n-workflow';
import { plainWords } from '../../jobs/plainWords';
import type { Accepted, Job, ProviderFailure } from '../../providers/contract';

export interface ItemFailure {
	message: string;
	description: string;
	provider: string;
	failure?: ProviderFailure;
	job?: Job;
	/** Whether the provider took the job. `no` means that another provider may be tried without paying twice. */
	accepted: Accepted;
}

/** A failure on its way out of an item's work. */
export class ItemError extends Error {
	override name = 'ItemError';
	constructor(readonly item: ItemFailure) {
		super(item.message);
	}
}

export const toNodeError = (
	node: INode,
	itemIndex: number,
	item: ItemFailure,
): NodeOperationError =>
	new NodeOperationError(node, plainWords(item.message), {
		itemIndex,
		description: item.description,
	});

/**
 * The item for "On Error: Continue". n8n routes an item to the error output, and keeps its json, only when the json has
 * no other members than these three; what the next step needs to decide is under `details`.
 */
export function errorItem(itemIndex: number, item: ItemFailure): INodeExecutionData {
	const { message, description, provider, failure, job, accepted } = item;
	return {
		json: {
			error: message,
			message,
			details: {
				description,
				provider,
				accepted,
				...(job ? { jobId: job.jobId, job: job as unknown as IDataObject } : {}),
				...(failure ? { failure: failure as unknown as IDataObject } : {}),
			},
		},
		pairedItem: { item: itemIndex },
	};
}

/** A provider's failure, with the job's id in the message whenever a job exists. */
export function providerFailure(
	provider: string,
	failure: ProviderFailure,
	job?: Job,
): ItemFailure {
	const about = job && !failure.message.includes(job.jobId) ? ` (job ${job.jobId})` : '';
	return {
		message: `${failure.message}${about}`,
		description: failure.advice,
		provider,
		failure,
		accepted: job ? 'yes' : failure.accepted,
		...(job ? { job } : {}),
	};
}
