/**
 * The nodes as an AI agent's tool: never asleep, not waiting for long, and an answer of a few lines of text, for an
 * agent pays for every word that it reads and can not look at a file.
 *
 * A tool answers and does not throw: version 2 of n8n's agent hands an empty text to its model where a tool fails, and
 * the later ones the message without the advice; a model that does not know what happened orders again, and pays again.
 * No member of an answer may be called `error`: n8n hands on that one alone.
 */
import type { IDataObject, IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';
import { describeSystemErrors } from '../../jobs/systemErrors';
import { defaultWaitMinutes } from '../../jobs/poll';
import { isFinal, type FailureCode, type Job, type Provider } from '../../providers/contract';
import { sentence } from '../../providers/replies/failureText';
import type { ItemFailure } from './errors';
import type { NodeOptions } from './readOptions';

/** An agent that hears nothing for longer than this is stopped by the chat or the model's own time limit. */
const TOOL_WAIT_MINUTES = 2;

export const isTool = (context: Pick<IExecuteSingleFunctions, 'getNode'>): boolean =>
	context.getNode().type.endsWith('Tool');

/**
 * One call of an agent is one item. Version 2 of n8n's agent shows the tool every item that the agent works on, of which
 * the first alone has what the call says: to run the others too would order for them what nobody asked for.
 */
export const isBesideCall = (
	context: Pick<IExecuteSingleFunctions, 'getNode' | 'getItemIndex'>,
): boolean => isTool(context) && context.getItemIndex() > 0;

/** @param provider as it stands for the job's model, where that is known */
export const waitMinutes = (
	context: IExecuteSingleFunctions,
	choices: NodeOptions,
	provider: Provider,
): number => {
	const wanted = choices.waitAtMost ?? defaultWaitMinutes(provider);
	return isTool(context) ? Math.min(wanted, TOOL_WAIT_MINUTES) : wanted;
};

/** What the orders of an execution have come to. */
export interface Orders {
	/** How many more this execution may order. */
	ordersLeft: number;
	/** USD, by the published prices; absent where there are none. */
	costSoFarUsd?: number;
}

export function toolItem(job: Job, itemIndex: number, orders?: Orders): INodeExecutionData {
	const { provider, jobId, status, progress, etaSeconds, videos, nextPollSeconds, warnings } = job;
	const finished = isFinal(status);
	const cost = costOf(job);
	const json: IDataObject = {
		provider,
		jobId,
		status,
		finished,
		accepted: 'yes',
		...(videos.length > 0 ? { videoUrls: videos.map(({ url }) => url) } : {}),
		...(finished || progress === undefined ? {} : { progress }),
		...(finished || etaSeconds === undefined ? {} : { etaSeconds }),
		...(finished ? {} : { askAgainInSeconds: Math.ceil(nextPollSeconds ?? 10) }),
		...(warnings ? { warnings } : {}),
		...(cost === undefined ? {} : { costUsd: cost }),
		...orders,
		next: finished ? nextOf(job) : WAIT_FOR_IT,
	};
	return { json, pairedItem: { item: itemIndex } };
}

const WAIT_FOR_IT =
	'The video is not done yet. Fetch the result with this jobId; do not order it again.';

const nextOf = ({ status }: Job): string =>
	status === 'succeeded'
		? 'Give the address to the user. Do not order it again.'
		: 'There is no video. Tell the user; order again only if the user asks for it.';

const costOf = ({ cost }: Job): number | undefined => cost?.usd ?? cost?.quoted;

/** Why nothing more may be ordered, as a model is to understand it. */
export const LIMIT_REACHED =
	'A limit of this execution is reached: tell the user, and order no more videos.';

/**
 * The answer for what the node would have failed with.
 *
 * @param next what to do, where it is not what such failures mean in general
 */
export function toolProblem(
	item: ItemFailure,
	itemIndex: number,
	orders?: Orders,
	next = nextAfter(item),
): INodeExecutionData {
	const { message, description, provider, job, accepted } = item;
	const json: IDataObject = {
		provider,
		...(job ? { jobId: job.jobId } : {}),
		status: job?.status ?? (accepted === 'no' ? 'refused' : 'unknown'),
		accepted,
		problem: [sentence(describeSystemErrors(message)), description].filter(Boolean).join(' '),
		...orders,
		next,
	};
	return { json, pairedItem: { item: itemIndex } };
}

/** What a model can put right by itself: its own words. */
const MODELS_OWN: readonly FailureCode[] = ['invalid_request', 'prompt_refused'];

function nextAfter({ accepted, failure, job }: ItemFailure): string {
	if (job && isFinal(job.status) && job.status !== 'succeeded') return nextOf(job);
	if (job) return `Do not order again: fetch the result with jobId ${job.jobId}.`;
	if (accepted !== 'no') {
		return 'Do not order again: the job may exist and may cost money. Tell the user to look at the provider first.';
	}
	return !failure || MODELS_OWN.includes(failure.code)
		? 'Nothing was ordered and nothing costs money. Correct what the problem names, or tell the user.'
		: 'Nothing was ordered and nothing costs money. Tell the user; ordering again does not help before the problem is solved.';
}
