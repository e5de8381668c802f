/**
 * The life of a job in the Text to Video node. n8n builds the request from the fields' own routing and hands it to
 * this hook (`requestOperations.pagination`, called once for each item), which sends it and sees the job through.
 *
 * Rules that must never regress:
 * - every item is validated before any is sent;
 * - an item that already has a job (retry-on-fail, Retry Execution) is attached to it;
 * - a submit that may have been taken is never sent again;
 * - a submit on its way is heard out, even after Stop, so that its job id is known.
 */
import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecutePaginationFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { cancelJob } from '../../jobs/cancel';
import type { Account } from '../../jobs/http';
import { submitOnce } from '../../jobs/submit';
import { withNextPoll } from '../../jobs/wait';
import type { Job, Provider, RequestValues } from '../../providers/contract';
import { failure } from '../../providers/failures';
import { providerById } from '../../providers/registry';
import { absoluteUrl } from '../../providers/hosts';
import { ItemError, providerFailure } from './errors';
import { hostOf, type N8nHost } from './host';
import { commonOptions, sendOptions } from './http';
import { downloadChoice, type NodeOptions } from './options';
import { jobItem, signalOf } from './output';
import { runOf, type Run } from './run';
import { guarded, settle, waitAndSettle, type Settling } from './settle';

type RequestOptions = DeclarativeRestApiSettings.ResultOptions['options'];

export async function submitHook(
	this: IExecutePaginationFunctions,
	requestData: DeclarativeRestApiSettings.ResultOptions,
): Promise<INodeExecutionData[]> {
	const { options } = requestData;
	const provider = providerById(this.getNodeParameter('provider') as string);
	const account: Account = { baseUrl: String(options.baseURL) };
	const choices = this.getNodeParameter('options', {}) as NodeOptions;
	const run = runOf(this, provider, account, choices);
	const host = hostOf(this, provider, options as never);
	const settling: Settling = {
		context: this,
		provider,
		account,
		host,
		...downloadOf(this, choices),
	};
	const job = async () =>
		await run.gate(async () => await workItem(this, run, settling, options, choices));
	return await guarded(this, job, (error) => run.thrownBy(this.getItemIndex(), error));
}

async function workItem(
	context: IExecutePaginationFunctions,
	run: Run,
	settling: Settling,
	options: RequestOptions,
	choices: NodeOptions,
): Promise<INodeExecutionData> {
	const itemIndex = context.getItemIndex();
	const { provider, account, host } = settling;
	const job = run.attached(itemIndex) ?? (await submitItem(context, run, settling, options));
	await stopIfStopped(context, provider, account, job, host);
	const onProgress = (current: Job) => run.record(itemIndex, current);
	const mode = context.getNodeParameter('whenSubmitted', 'wait') as string;
	if (mode === 'return') {
		return job.status === 'failed'
			? await settle(settling, job)
			: jobItem(withNextPoll(provider, job, 0, host.now()), itemIndex);
	}
	return await waitAndSettle(settling, job, choices.waitAtMost ?? 10, onProgress).catch(
		async (error: unknown) => {
			await stopIfStopped(context, provider, account, job, host);
			throw error;
		},
	);
}

async function submitItem(
	context: IExecutePaginationFunctions,
	run: Run,
	{ provider, account, host }: Settling,
	options: RequestOptions,
): Promise<Job> {
	const itemIndex = context.getItemIndex();
	const { values, problem } = run.item(itemIndex);
	if (!values) throw invalidItem(provider, problem ?? '');
	const doubt = run.doubt(itemIndex);
	if (doubt) throw new ItemError(providerFailure(provider.id, doubt));
	await run.pace(context.getExecutionCancelSignal());
	const send = async () =>
		await sendOptions(
			context,
			provider,
			{ ...commonOptions(options as never), ...submitOptions(provider, account, values, options) },
			true,
		);
	const read = (reply: Parameters<Provider['readSubmit']>[0]) =>
		provider.readSubmit(reply, values, { nowMs: host.now(), baseUrl: account.baseUrl });
	const reading = await submitOnce(send, read, host, signalOf(context));
	if (!reading.job) {
		if (reading.failure.accepted === 'unknown') run.recordDoubt(itemIndex, reading.failure);
		throw new ItemError(providerFailure(provider.id, reading.failure));
	}
	const job = withTracking(provider, reading.job, values);
	run.record(itemIndex, job);
	// Where an in-process wait is stopped or n8n dies, the log is the only place that still knows the id.
	context.logger.info(`Submitted ${provider.title} job ${job.jobId} (item ${itemIndex})`);
	// n8n shows these beside the execution, in finished and in failed runs; it keeps ten of them.
	if (itemIndex < 10) context.customData?.set(`job${itemIndex}`, job.jobId.slice(0, 255));
	return job;
}

/** What RoutingNode made of the fields' routing, with the address where the values decide it. */
function submitOptions(
	provider: Provider,
	account: Account,
	values: RequestValues,
	options: RequestOptions,
) {
	const { url } = provider.submitCall;
	return {
		method: provider.submitCall.method,
		url: absoluteUrl(typeof url === 'string' ? url : url(values), account.baseUrl),
		body: options.body as IDataObject,
		headers: options.headers as IDataObject,
		json: true,
	};
}

/** Stop means stop: the job is cancelled where the provider can, and its id is in the message either way. */
async function stopIfStopped(
	context: IExecutePaginationFunctions,
	provider: Provider,
	account: Account,
	job: Job,
	host: N8nHost,
): Promise<void> {
	if (!context.getExecutionCancelSignal()?.aborted) return;
	const reading = await cancelJob(provider, account, job, host);
	const what = reading.job ? 'was cancelled' : 'was not cancelled and may still finish';
	const stopped = failure('cancelled', `The execution was stopped. Job ${job.jobId} ${what}.`, {
		accepted: 'yes',
	});
	context.logger.warn(stopped.message);
	throw new ItemError(providerFailure(provider.id, stopped, job));
}

function invalidItem(provider: Provider, problem: string): ItemError {
	const invalid = failure('invalid_request', problem, {
		accepted: 'no',
		advice: 'Change the field. Nothing was submitted for this item.',
	});
	return new ItemError(providerFailure(provider.id, invalid));
}

function withTracking(provider: Provider, job: Job, values: RequestValues): Job {
	const field = provider.abilities.trackingField;
	const trackingId = field && values[field];
	return trackingId ? { ...job, trackingId: String(trackingId) } : job;
}

function downloadOf(context: IExecutePaginationFunctions, choices: NodeOptions) {
	// An agent gets text: binary data means nothing to it.
	if (context.getNode().type.endsWith('Tool')) return {};
	const wanted = context.getNodeParameter('downloadVideo', true) as boolean;
	return wanted ? { download: downloadChoice(choices) } : {};
}
