/**
 * The life of a job in the Text to Video node. n8n builds the request from the fields' own routing and hands it to
 * this hook (`requestOperations.pagination`, called once for each item), which sends it and sees the job through.
 *
 * Rules that must never regress:
 * - every item is validated before any is sent;
 * - an item that already has a job (retry-on-fail, Retry Execution) is attached to it;
 * - a submit that may have been taken is never sent again, except where the provider honours an idempotency key;
 * - nothing is sent after Stop, and a submit on its way is heard out even then, so that its job id is known.
 */
import type {
	DeclarativeRestApiSettings,
	IExecutePaginationFunctions,
	IExecuteSingleFunctions,
	INodeExecutionData,
	NodeOperationError,
} from 'n8n-workflow';
import type { Account } from '../../../jobs/host';
import { withNextPoll } from '../../../jobs/poll';
import { isFinal, type Job, type Provider } from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import { providerById } from '../../../providers/registry';
import { readBaseUrl } from '../../../providers/baseUrl';
import { canCallBack } from '../../../providers/callbackAddress';
import { errorItem, forErrorOutput, ItemError, providerFailure } from '../../shared/errors';
import { hostOf } from '../../shared/host';
import { submitOptionsProperty } from '../../shared/options';
import { jobItem } from '../../shared/output';
import { downloadChoice, readOptions, type NodeOptions } from '../../shared/readOptions';
import { runOf, type Run } from './run';
import { guarded, settle, waitAndSettle, type Settling } from '../../shared/settle';
import { refuseAfterStop, stopIfStopped } from './stop';
import { submitItem, type RequestOptions } from './item';
import {
	callbackUrlOf,
	DEFAULT_SLEEP_MINUTES,
	SHORTEST_SLEEP_MINUTES,
	sleepOrFinish,
} from '../sleep/sleep';
import { isTool, toolItem, waitMinutes } from '../../shared/tool';

type Mode = 'return' | 'suspend' | 'wait';

interface Work extends Settling {
	run: Run;
	options: RequestOptions;
	choices: NodeOptions;
	mode: Mode;
}

export async function submitHook(
	this: IExecutePaginationFunctions,
	requestData: DeclarativeRestApiSettings.ResultOptions,
): Promise<INodeExecutionData[]> {
	const { options } = requestData;
	const provider = providerById(this.getNodeParameter('provider') as string);
	const { baseUrl = '', problem: baseUrlProblem } = readBaseUrl(provider, options.baseURL);
	const account: Account = { baseUrl };
	// What is wrong with them is a problem of the item, and said with the others before anything is sent.
	const { options: choices } = readOptions(
		this.getNodeParameter('options', {}),
		submitOptionsProperty,
	);
	const mode = modeOf(this, provider, choices);
	const callbackUrl = mode === 'suspend' ? callbackUrlOf(this) : undefined;
	const run = runOf(this, provider, account, {
		...choices,
		...(baseUrlProblem ? { baseUrlProblem } : {}),
		...(callbackUrl
			? { callbackUrl, unreachable: !canCallBack(provider, account.baseUrl, callbackUrl) }
			: {}),
	});
	if (run.isAbandoned(this.getItemIndex())) return [];
	if (run.refusal) return refuse(this, provider, run.refusal);
	const work: Work = {
		context: this,
		provider,
		account,
		host: hostOf(this, provider, options as never),
		...downloadOf(this, choices),
		run,
		options,
		choices,
		mode,
	};
	return await run.during(seeThrough(work));
}

/** Where the workflow goes on past errors, it is told that nothing was sent, as for every other failure. */
function refuse(
	context: IExecuteSingleFunctions,
	provider: Provider,
	refusal: NodeOperationError,
): INodeExecutionData[] {
	if (!context.continueOnFail()) throw refusal;
	const { message, description } = refusal;
	const item = { message, description: description ?? '', provider: provider.id };
	return [errorItem(context, { ...item, accepted: 'no' })];
}

async function seeThrough(work: Work): Promise<INodeExecutionData[]> {
	const { context, run, mode, choices } = work;
	const itemIndex = context.getItemIndex();
	await run.after;
	const done = run.woken?.done[itemIndex];
	const items = done
		? [forErrorOutput(context, done)]
		: await guarded(
				context,
				async () => await run.gate(async () => await workItem(work)),
				(error) => run.thrownBy(itemIndex, error),
				() => run.accepted(itemIndex),
			);
	const last = run.arrive(itemIndex, items[0] as INodeExecutionData);
	if (last && mode === 'suspend') {
		await sleepOrFinish(run, work, choices.waitAtMost ?? DEFAULT_SLEEP_MINUTES);
	}
	return items;
}

async function workItem(work: Work): Promise<INodeExecutionData> {
	const { context, run, provider, account, host, choices, mode } = work;
	const itemIndex = context.getItemIndex();
	const attached = run.attached(itemIndex);
	const job = attached ?? (await newJob(work));
	const onProgress = (current: Job) => run.record(itemIndex, current);
	onProgress(job);
	const stop = async () => {
		const current = run.jobOf(itemIndex) ?? job;
		await stopIfStopped(context, provider, account, current, host, onProgress);
	};
	await stop();
	// A job that an earlier execution submitted reports there: nobody would wake us.
	const sleeps = mode === 'suspend' && run.reportsHere(itemIndex);
	if (isFinal(job.status)) return await settle(work, job);
	if (mode === 'return' || sleeps) {
		const standing = withNextPoll(provider, job, 0, host.now());
		return isTool(context) ? toolItem(standing, itemIndex) : jobItem(standing, itemIndex);
	}
	const waiting = waitAndSettle(work, job, waitMinutes(context, choices), {
		askAtOnce: attached !== undefined,
		onProgress,
	});
	return await waiting.finally(stop);
}

async function newJob({ context, run, provider, account, host, options }: Work): Promise<Job> {
	const itemIndex = context.getItemIndex();
	const refused = run.refused(itemIndex);
	if (refused) throw new ItemError(providerFailure(provider.id, refused));
	refuseAfterStop(context, provider);
	const { values, problem } = run.item(itemIndex);
	if (!values || run.woken) {
		const text = problem ?? 'This item was not submitted before the run fell asleep.';
		throw new ItemError(
			providerFailure(
				provider.id,
				failure('invalid_request', text, {
					accepted: 'no',
					advice: 'Change the field. Nothing was submitted for this item.',
				}),
			),
		);
	}
	return await submitItem({ context, run, provider, account, host, options, values });
}

/** What "When Submitted" comes to: an agent's tool never sleeps, and a short wait is not worth sleeping for. */
function modeOf(context: IExecuteSingleFunctions, provider: Provider, choices: NodeOptions): Mode {
	const chosen = context.getNodeParameter('whenSubmitted', 'wait') as Mode;
	if (chosen !== 'suspend') return chosen;
	const minutes = choices.waitAtMost ?? DEFAULT_SLEEP_MINUTES;
	const awake =
		isTool(context) || !provider.capabilities.callback || minutes < SHORTEST_SLEEP_MINUTES;
	return awake ? 'wait' : 'suspend';
}

function downloadOf(context: IExecuteSingleFunctions, choices: NodeOptions) {
	if (isTool(context)) return {};
	// "Return the Job" is over before there is a video, and where it is not, its person asked for the job alone.
	const wanted =
		context.getNodeParameter('whenSubmitted', 'wait') !== 'return' &&
		(context.getNodeParameter('downloadVideo', true) as boolean);
	return wanted ? { download: downloadChoice(choices) } : {};
}
