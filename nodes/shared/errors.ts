/** Failures as n8n shows them: the message says what happened, the description what to do. */
import {
	NodeOperationError,
	type IDataObject,
	type IExecuteSingleFunctions,
	type INode,
	type INodeExecutionData,
} from 'n8n-workflow';
import { describeSystemErrors } from '../../jobs/systemErrors';
import type { Accepted, Job, Provider, ProviderFailure } from '../../providers/contract';
import { failureText } from '../../providers/replies/failureText';
import { isObject } from '../../providers/schema/wire';

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
	new NodeOperationError(node, describeSystemErrors(item.message), {
		itemIndex,
		description: item.description,
	});

/**
 * The item for "On Error: Continue". n8n 2 routes an item to the error output, and keeps its json, only when the json has
 * no other members than these three; what the next step needs to decide is under `details`.
 */
export function errorItem(context: IExecuteSingleFunctions, item: ItemFailure): INodeExecutionData {
	const { message, description, provider, failure, job, accepted } = item;
	return forErrorOutput(context, {
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
		pairedItem: { item: context.getItemIndex() },
	});
}

/**
 * n8n 1 knows an item for the error output by its `error`, and puts that in place of the json of whatever bears one. In
 * between it copies the item, which leaves out what can not be enumerated; only where no node leads to this one it does not.
 */
export function forErrorOutput(
	context: IExecuteSingleFunctions,
	item: INodeExecutionData,
): INodeExecutionData {
	const { error, details } = item.json;
	if (typeof error !== 'string' || !isObject(details)) return item;
	const isCopied = context.getExecuteData().source !== null;
	if (!isCopied || context.getNode().onError !== 'continueErrorOutput') return item;
	const value = new NodeOperationError(context.getNode(), error);
	return Object.defineProperty(item, 'error', { value, enumerable: false, configurable: true });
}

/** What came of asking a provider: its name, the HTTP status and the job's id stand in the message. */
export const providerFailure = (
	{ id, account }: Provider,
	failure: ProviderFailure,
	job?: Job,
): ItemFailure => failureOf(id, account.title, failure, job);

/** What this package itself refuses, or ends: nobody else is to be named for it. */
export const ownFailure = (provider: Provider, failure: ProviderFailure, job?: Job): ItemFailure =>
	failureOf(provider.id, undefined, failure, job);

function failureOf(
	provider: string,
	title: string | undefined,
	failure: ProviderFailure,
	job: Job | undefined,
): ItemFailure {
	return {
		message: failureText(failure, { title, jobId: job?.jobId }),
		description: failure.advice,
		provider,
		failure,
		accepted: job ? 'yes' : failure.accepted,
		...(job ? { job } : {}),
	};
}
