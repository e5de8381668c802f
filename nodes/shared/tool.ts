/**
 * The nodes as an AI agent's tool: never asleep, not waiting for long, and an answer of a few lines of text, for an
 * agent pays for every word that it reads and can not look at a file.
 */
import type { IDataObject, IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';
import { defaultWaitMinutes } from '../../jobs/poll';
import { isFinal, type Job, type Provider } from '../../providers/contract';
import type { NodeOptions } from './readOptions';

/** An agent that hears nothing for longer than this is stopped by the chat or the model's own time limit. */
const TOOL_WAIT_MINUTES = 2;

export const isTool = (context: Pick<IExecuteSingleFunctions, 'getNode'>): boolean =>
	context.getNode().type.endsWith('Tool');

/** @param provider as it stands for the job's model, where that is known */
export const waitMinutes = (
	context: IExecuteSingleFunctions,
	choices: NodeOptions,
	provider: Provider,
): number => {
	const wanted = choices.waitAtMost ?? defaultWaitMinutes(provider);
	return isTool(context) ? Math.min(wanted, TOOL_WAIT_MINUTES) : wanted;
};

export function toolItem(job: Job, itemIndex: number): INodeExecutionData {
	const { provider, jobId, status, progress, etaSeconds, videos, nextPollSeconds, warnings } = job;
	const finished = isFinal(status);
	const json: IDataObject = {
		provider,
		jobId,
		status,
		finished,
		...(videos.length > 0 ? { videoUrls: videos.map(({ url }) => url) } : {}),
		...(finished || progress === undefined ? {} : { progress }),
		...(finished || etaSeconds === undefined ? {} : { etaSeconds }),
		...(finished ? {} : { askAgainInSeconds: Math.ceil(nextPollSeconds ?? 10) }),
		...(warnings ? { warnings } : {}),
		...(finished
			? {}
			: {
					next: 'The video is not done yet. Fetch the result with this jobId; do not order it again.',
				}),
	};
	return { json, pairedItem: { item: itemIndex } };
}
