/**
 * The life of a job in the Text to Video node. n8n builds the request from the fields' own routing and hands it to
 * this hook (`requestOperations.pagination`, called once for each item), which sends it and sees the job through.
 *
 * Rules that must never regress:
 * - every item is validated before any is sent;
 * - an item that already has a job (retry-on-fail, Retry Execution) is attached to it;
 * - a submit that may have been taken is never sent again, except where the provider honours an idempotency key;
 * - nothing is sent after Stop, and a submit on its way is awaited to its reply even then, so that its job id is known.
 */
import type {
	DeclarativeRestApiSettings,
	IExecutePaginationFunctions,
	IExecuteSingleFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import type { Account } from '../../../jobs/host';
import { withNextPoll } from '../../../jobs/poll';
import { withPublishedTimes } from '../../../jobs/publishedTimes';
import { readBaseUrl } from '../../../providers/baseUrl';
import { canCallBack } from '../../../providers/callbackAddress';
import { isFinal, type Job, type Provider } from '../../../providers/contract';
import { providerById } from '../../../providers/registry';
import { failure } from '../../../providers/replies/failures';
import { errorItem, ownFailure } from '../../shared/errors';
import { hostOf } from '../../shared/host';
import { accountProblemOf, commonOptions } from '../../shared/http';
import { submitOptionsProperty } from '../../shared/options';
import { jobItem } from '../../shared/output';
import { downloadChoice, readOptions, type NodeOptions } from '../../shared/readOptions';
import { guarded, settle, waitAndSettle } from '../../shared/settle';
import {
	isBesideCall,
	isTool,
	LIMIT_REACHED,
	toolItem,
	toolProblem,
	waitMinutes,
} from '../../shared/tool';
import { callbackUrlOf, canSleep } from '../sleep/sleep';
import { estimateItem } from './estimate';
import { mayTakeFiles, readFiles } from './files';
import { learningOf } from './learning';
import type { RefusedRun } from './refusal';
import { runOf, type Run } from './run';
import { DEFAULT_SLEEP_MINUTES, SHORTEST_WAIT_MINUTES, sleepThrough } from './sleepThrough';
import { endIfStopped, newJob, type Work } from './work';

/** As saved in workflows: `suspend` is the mode that the editor calls sleep. */
type Mode = 'estimate' | 'return' | 'suspend' | 'wait';

export async function submitHook(
	this: IExecutePaginationFunctions,
	requestData: DeclarativeRestApiSettings.ResultOptions,
): Promise<INodeExecutionData[]> {
	if (isBesideCall(this)) return [];
	const { options } = requestData;
	const provider = providerById(this.getNodeParameter('provider') as string);
	const { baseUrl = '', problem: baseUrlProblem } = readBaseUrl(provider, options.baseURL);
	const accountProblem = await accountProblemOf(
		this,
		provider,
		baseUrlProblem,
		commonOptions(options as never),
	);
	const account: Account = { baseUrl };
	// What is wrong with them is a problem of the item, and said with the others before anything is sent.
	const { options: choices } = readOptions(
		this.getNodeParameter('options', {}),
		submitOptionsProperty,
	);
	const mode = modeOf(this, choices);
	const callbackUrl = mode === 'suspend' ? callbackUrlFor(this, provider, account) : undefined;
	if (mayTakeFiles(provider)) await readFiles(this, provider);
	const run = runOf(this, provider, account, {
		...choices,
		...(accountProblem ? { accountProblem } : {}),
		...(callbackUrl ? { callbackUrl } : {}),
		estimateOnly: mode === 'estimate',
	});
	if (run.isAbandoned(this.getItemIndex())) return [];
	if (run.refusal) return refuse(this, provider, run, run.refusal);
	const work: Work = {
		context: this,
		provider,
		account,
		host: hostOf(this, provider, options as never),
		...downloadOf(this, choices),
		run,
		options,
		choices,
		orders: () => run.budget.standing(),
	};
	if (run.maximumCost !== undefined || mode === 'estimate') {
		const refusal = await run.during(run.quoted(work));
		if (refusal) return refuse(this, provider, run, refusal);
	}
	if (mode === 'estimate') return await guarded(this, async () => await estimateItem(work));
	return await run.during(seeThrough(work, mode));
}

/** Where the workflow goes on past errors, it is told that nothing was sent, as for every other failure. */
function refuse(
	context: IExecuteSingleFunctions,
	provider: Provider,
	run: Run,
	refusal: RefusedRun,
): INodeExecutionData[] {
	const { message, description, failureCode } = refusal;
	const advice = description ?? '';
	const item = ownFailure(provider, failure(failureCode, message, { accepted: 'no', advice }));
	if (isTool(context)) {
		const next = failureCode === 'not_allowed' ? LIMIT_REACHED : undefined;
		return [toolProblem(item, context.getItemIndex(), run.budget.standing(), next)];
	}
	if (!context.continueOnFail()) throw refusal;
	return [errorItem(context, item)];
}

async function seeThrough(work: Work, mode: Mode): Promise<INodeExecutionData[]> {
	const { context, run } = work;
	await run.after;
	if (mode === 'suspend') return await sleepThrough(work);
	return await guarded(
		context,
		async () => await run.gate(async () => await workItem(work, mode)),
		(error) => run.errors.add(context.getItemIndex(), error),
		() => run.accepted(context.getItemIndex()),
		work.orders,
	);
}

async function workItem(work: Work, mode: Mode): Promise<INodeExecutionData> {
	const { context, run, provider, host, choices } = work;
	const itemIndex = context.getItemIndex();
	const learning = learningOf(context, provider, run.item(itemIndex).values ?? {});
	const asked = learning.provider;
	const attached = run.ledger.attached(itemIndex);
	const job = attached ?? (await newJob(work));
	const onProgress = (current: Job) => run.record(itemIndex, current);
	onProgress(job);
	endIfStopped(work, job);
	if (isFinal(job.status)) return await settle(work, job);
	if (mode === 'return') {
		const standing = withNextPoll(asked, job, host.now());
		return isTool(context)
			? toolItem(standing, itemIndex, work.orders?.())
			: jobItem(standing, itemIndex);
	}
	const values = run.item(itemIndex).values ?? {};
	const timed = await withPublishedTimes(asked, work.account, values, host);
	const minutes = minutesAwake(context, choices, timed);
	const waiting = waitAndSettle({ ...work, provider: timed }, job, minutes, {
		askAtOnce: attached !== undefined,
		onProgress,
		onTook: (seconds) => learning.note(seconds, host.now()),
	});
	return await waiting.finally(() => endIfStopped(work, job));
}

/** What "When Submitted" comes to: an agent's tool never sleeps, and a short wait is not worth sleeping for. */
function modeOf(context: IExecuteSingleFunctions, choices: NodeOptions): Mode {
	const chosen = context.getNodeParameter('whenSubmitted', 'wait') as Mode;
	if (chosen !== 'suspend') return chosen;
	const minutes = choices.waitAtMost ?? DEFAULT_SLEEP_MINUTES;
	const sleeps = canSleep(context) && !isTool(context) && minutes >= SHORTEST_WAIT_MINUTES;
	return sleeps ? 'suspend' : 'wait';
}

/** A run that was to sleep and can not has as long as it would have had asleep. */
function minutesAwake(
	context: IExecuteSingleFunctions,
	choices: NodeOptions,
	provider: Provider,
): number {
	const suspends = context.getNodeParameter('whenSubmitted', 'wait') === 'suspend';
	return suspends && !isTool(context)
		? (choices.waitAtMost ?? DEFAULT_SLEEP_MINUTES)
		: waitMinutes(context, choices, provider);
}

/** Without it the run is woken by the schedule alone. */
function callbackUrlFor(
	context: IExecuteSingleFunctions,
	provider: Provider,
	{ baseUrl }: Account,
): string | undefined {
	if (!provider.capabilities.callback) return undefined;
	const url = callbackUrlOf(context);
	return canCallBack(provider, baseUrl, url) ? url : undefined;
}

function downloadOf(context: IExecuteSingleFunctions, choices: NodeOptions) {
	if (isTool(context)) return {};
	// "Return the Job" is over before there is a video, and where it is not, its person asked for the job alone.
	const wanted =
		context.getNodeParameter('whenSubmitted', 'wait') !== 'return' &&
		(context.getNodeParameter('downloadVideo', true) as boolean);
	return wanted ? { download: downloadChoice(choices) } : {};
}
