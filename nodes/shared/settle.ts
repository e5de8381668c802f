/** How an item of a job ends: as a job, as a job with its video, or as a failure. */
import type { IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import type { Account } from '../../jobs/host';
import {
	asItStands,
	failureOf,
	lastingProblem,
	pollUntilDone,
	type WaitOptions,
} from '../../jobs/poll';
import type { Accepted, Job, Provider } from '../../providers/contract';
import { DOUBTFUL_ADVICE } from '../../providers/replies/failures';
import { errorItem, ItemError, providerFailure, toNodeError, type ItemFailure } from './errors';
import type { N8nHost } from './host';
import { jobItem, signalOf, videoItem, type DownloadChoice } from './output';
import { isTool, toolItem, toolProblem, type Orders } from './tool';

const MINUTE_MS = 60_000;

export interface Settling {
	context: IExecuteSingleFunctions;
	provider: Provider;
	account: Account;
	host: N8nHost;
	/** Absent where no file is wanted. */
	download?: DownloadChoice;
	/** What an agent is told of its orders, as they stand when it is told. */
	orders?: () => Orders;
}

/** Waits for the job, at most so many minutes, and gives the item for it. */
export async function waitAndSettle(
	settling: Settling,
	submitted: Job,
	waitAtMostMinutes: number,
	options: Pick<WaitOptions, 'askAtOnce' | 'onProgress' | 'onTook'> = {},
): Promise<INodeExecutionData> {
	const { context, provider, account, host } = settling;
	const result = await pollUntilDone(provider, account, submitted, host, {
		deadlineMs: host.now() + waitAtMostMinutes * MINUTE_MS,
		...signalOf(context),
		...options,
	});
	options.onProgress?.(result.job);
	const problem = lastingProblem(result);
	if (problem) throw new ItemError(providerFailure(provider, problem, result.job));
	return await settle(settling, asItStands(result));
}

/** A job that is not final yet is returned as it stands: running out of patience is not an error. */
export async function settle(settling: Settling, job: Job): Promise<INodeExecutionData> {
	const { context, provider, account, host, download, orders } = settling;
	const reason = failureOf(job);
	if (reason) throw new ItemError(providerFailure(provider, reason, job));
	if (isTool(context)) return toolItem(job, context.getItemIndex(), orders?.());
	if (job.status !== 'succeeded' || !download) return jobItem(job, context.getItemIndex());
	return await videoItem(context, provider, account, job, host, download);
}

/** Turns whatever an item's work threw into what n8n expects of this node's On Error setting, or an agent of its tool. */
export async function guarded(
	context: IExecuteSingleFunctions,
	work: () => Promise<INodeExecutionData | INodeExecutionData[]>,
	onThrow: (error: NodeOperationError) => NodeOperationError = (error) => error,
	accepted: () => Accepted = () => 'unknown',
	orders?: () => Orders,
): Promise<INodeExecutionData[]> {
	const itemIndex = context.getItemIndex();
	try {
		return [await work()].flat();
	} catch (error) {
		const item =
			error instanceof ItemError ? error.item : unexpected(context, error as Error, accepted());
		if (isTool(context)) return [toolProblem(item, itemIndex, orders?.())];
		if (context.continueOnFail()) return [errorItem(context, item)];
		throw onThrow(
			error instanceof ItemError
				? toNodeError(context.getNode(), itemIndex, item)
				: asNodeError(context, error),
		);
	}
}

const UNFORESEEN_ADVICE: Record<Accepted, string> = {
	no: 'Nothing was submitted for this item.',
	unknown: DOUBTFUL_ADVICE,
	yes: "The job exists and costs money: get it with Fetch Result and its job ID, which n8n's log has; do not order it again.",
};

/** Nobody foresaw it. What it means for the job depends on how far the item had come. */
const unexpected = (
	context: IExecuteSingleFunctions,
	{ message }: Error,
	accepted: Accepted,
): ItemFailure => ({
	message,
	description: UNFORESEEN_ADVICE[accepted],
	provider: String(context.getNodeParameter('provider')),
	accepted,
});

const asNodeError = (context: IExecuteSingleFunctions, error: unknown): NodeOperationError =>
	error instanceof NodeOperationError
		? error
		: new NodeOperationError(context.getNode(), error as Error, {
				itemIndex: context.getItemIndex(),
			});
