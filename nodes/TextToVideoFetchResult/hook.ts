/** Fetch Result: a job that exists, from an id or from the job that an earlier step gave. Submits nothing. */
import type {
	DeclarativeRestApiSettings,
	IExecutePaginationFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { cancelJob } from '../../jobs/cancel';
import type { Account } from '../../jobs/host';
import { pollOnce } from '../../jobs/poll';
import { readBaseUrl } from '../../providers/baseUrl';
import { resolveJob } from '../../jobs/resolveJob';
import type { Job, Provider } from '../../providers/contract';
import { failure } from '../../providers/replies/failures';
import { providerById } from '../../providers/registry';
import { ItemError, ownFailure, providerFailure } from '../shared/errors';
import { hostOf } from '../shared/host';
import { BASE_URL_ADVICE } from '../shared/http';
import { checkAccount } from './account';
import { failureIn } from './earlierFailure';
import { findJobs } from './recentJobs';
import { fetchOptionsProperty } from '../shared/options';
import { jobItem, signalOf } from '../shared/output';
import { downloadChoice, readOptions } from '../shared/readOptions';
import { guarded, settle, waitAndSettle, type Settling } from '../shared/settle';
import { isBesideCall, isTool, toolItem, waitMinutes } from '../shared/tool';

export async function fetchHook(
	this: IExecutePaginationFunctions,
	requestData: DeclarativeRestApiSettings.ResultOptions,
): Promise<INodeExecutionData[]> {
	if (isBesideCall(this)) return [];
	const provider = providerById(this.getNodeParameter('provider') as string);
	const { baseUrl = '', problem } = readBaseUrl(provider, requestData.options.baseURL);
	const account: Account = { baseUrl };
	const { options: choices, problems } = readOptions(
		this.getNodeParameter('options', {}),
		fetchOptionsProperty,
	);
	const host = hostOf(this, provider, requestData.options as never);
	const download = !isTool(this) && (this.getNodeParameter('downloadVideo', true) as boolean);
	const settling: Settling = {
		context: this,
		provider,
		account,
		host,
		...(download ? { download: downloadChoice(choices) } : {}),
	};
	const operation = this.getNodeParameter('operation') as string;
	return await guarded(this, async () => {
		const isAboutJob = operation !== 'account' && operation !== 'find';
		const { job, isKnown } = isAboutJob ? jobOf(this, provider, host.now()) : NO_JOB;
		if (problem) throw unusable(provider, problem, job);
		if (!job) return operation === 'find' ? await found(settling) : await checkAccount(settling);
		if (problems.length > 0) throw refused(provider, problems.join('\n'), job);
		const minutes = waitMinutes(this, choices, provider);
		const item = operate(settling, operation, job, minutes);
		return await item.catch((error: unknown) => {
			throw isKnown ? error : unlessFound(error);
		});
	});
}

const NO_JOB = { job: undefined, isKnown: false };

async function operate(
	settling: Settling,
	operation: string,
	job: Job,
	waitAtMostMinutes: number,
): Promise<INodeExecutionData> {
	switch (operation) {
		case 'cancel':
			return await cancel(settling, job);
		case 'wait':
			return await waitAndSettle(settling, job, waitAtMostMinutes, { askAtOnce: true });
		default:
			return await settle(settling, await ask(settling, job));
	}
}

/** An id that the provider does not know says nothing about a job: it may be mistyped, or another account's. */
function unlessFound(error: unknown): unknown {
	if (!(error instanceof ItemError) || error.item.failure?.code !== 'not_found') return error;
	const { failure: told } = error.item;
	return new ItemError({
		...error.item,
		accepted: 'unknown',
		failure: { ...told, accepted: 'unknown' },
	});
}

/** One job is seen to like any other; of many, only what is known is passed on. */
async function found(settling: Settling): Promise<INodeExecutionData[]> {
	const jobs = await findJobs(settling);
	const [job] = jobs;
	if (jobs.length === 1 && job) return [await settle(settling, await ask(settling, job))];
	return jobs.map((each) => jobItem(each, settling.context.getItemIndex()));
}

async function ask({ context, provider, account, host }: Settling, job: Job): Promise<Job> {
	if (job.status === 'succeeded' && job.videos.length > 0) return job;
	const reading = await pollOnce(provider, account, job, host, signalOf(context).signal);
	if (reading.job) return reading.job;
	throw new ItemError(providerFailure(provider, reading.failure, job));
}

async function cancel({ context, provider, account, host }: Settling, job: Job) {
	const reading = await cancelJob(provider, account, job, host);
	if (!reading.job) throw new ItemError(providerFailure(provider, reading.failure, job));
	const itemIndex = context.getItemIndex();
	return isTool(context) ? toolItem(reading.job, itemIndex) : jobItem(reading.job, itemIndex);
}

function jobOf(
	context: IExecutePaginationFunctions,
	provider: Provider,
	nowMs: number,
): { job: Job; isKnown: boolean } {
	const input: unknown = context.getInputData().json;
	const resolved = resolveJob(provider, context.getNodeParameter('jobId'), [input], nowMs);
	switch (resolved.problem) {
		case undefined:
			return resolved;
		case 'noJob':
			throw refused(provider, notAJob(resolved.given));
		case 'missing': {
			const earlier = failureIn(input);
			if (earlier?.job?.provider === provider.id) return { job: earlier.job, isKnown: true };
			// What the step before knew must not become "Job ID is empty, so nothing was taken".
			throw earlier ? new ItemError(earlier) : refused(provider, 'Job ID is empty.');
		}
		case 'unevaluated':
			throw refused(
				provider,
				`Job ID is "${resolved.jobId}", an expression that was not evaluated.`,
			);
		case 'otherProvider':
			throw refused(
				provider,
				`Job ${resolved.other.jobId} belongs to the provider "${resolved.other.provider}", but this node is set to "${provider.id}".`,
			);
	}
}

function notAJob(given: unknown): string {
	if (Array.isArray(given) && given.length > 1) {
		return `Job ID is a list of ${given.length}. Give one job an item: put a Split Out node before this one.`;
	}
	const text = typeof given === 'string' ? given : JSON.stringify(given);
	return `Job ID is ${text.slice(0, 80)}, which is neither a job ID nor a whole job.`;
}

/** The job is paid: what is wrong is only how it is asked for. */
const unusable = (provider: Provider, problem: string, job: Job | undefined): ItemError =>
	new ItemError(
		ownFailure(
			provider,
			failure('invalid_request', problem, {
				accepted: job ? 'yes' : 'no',
				advice: BASE_URL_ADVICE,
			}),
			job,
		),
	);

const refused = (provider: Provider, message: string, job?: Job): ItemError =>
	new ItemError(
		ownFailure(
			provider,
			failure('invalid_request', message, {
				accepted: job ? 'yes' : 'no',
				advice: job
					? 'Change the option and run this node again: nothing is submitted by it.'
					: 'Give the jobId that Text to Video returned, and the same provider.',
			}),
			job,
		),
	);
