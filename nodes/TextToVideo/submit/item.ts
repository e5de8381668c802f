/** One item's submission: the request that n8n made of the fields, sent once, and its outcome written down. */
import type { DeclarativeRestApiSettings, IExecuteSingleFunctions } from 'n8n-workflow';
import type { Account } from '../../../jobs/host';
import { waitForRoom } from '../../../jobs/queueRoom';
import { submitIdentity, submitJob } from '../../../jobs/submit';
import type { Job, Provider, ProviderFailure, RequestValues } from '../../../providers/contract';
import { absoluteUrl } from '../../../providers/hosts';
import { loggedFailure } from '../../../providers/replies/failureText';
import { buildRequest } from '../../../providers/schema/wire';
import { ItemError, providerFailure } from '../../shared/errors';
import type { N8nHost } from '../../shared/host';
import { commonOptions, sendOptions } from '../../shared/http';
import { signalOf } from '../../shared/output';
import type { Run } from './run';
import { placeOf } from './place';
import { refuseAfterStop } from './stop';

export type RequestOptions = DeclarativeRestApiSettings.ResultOptions['options'];

export interface Submission {
	context: IExecuteSingleFunctions;
	run: Run;
	provider: Provider;
	account: Account;
	host: N8nHost;
	options: RequestOptions;
	values: RequestValues;
}

/** n8n shows these beside the execution, in finished and in failed runs; it keeps ten of them. */
const SHOWN_JOBS = 10;

/** @throws ItemError where there is no job, or where nobody knows */
export async function submitItem(submission: Submission): Promise<Job> {
	const { context, run, provider, account, host, values } = submission;
	const itemIndex = context.getItemIndex();
	const identity = submitIdentity(provider, values, run.ledger.idempotencyKey(itemIndex));
	const request = submitOptions(submission, identity.headers);
	// Asked beside the submit: the price list must not hold it up.
	const quoting = run.quoted(submission).then(() => run.quoteOf(itemIndex)?.usd);
	const place = placeOf(context);
	// Another item's error, or Stop, may be all that n8n shows of this run.
	const warnOf = (doubt: ProviderFailure) =>
		context.logger.warn(
			`${loggedFailure(doubt, { title: provider.title })} ${doubt.advice} (${place})`,
		);
	const send = async () => {
		if (!run.hasSent(itemIndex)) context.logger.info(announcement(provider, identity, place));
		run.noteSending(itemIndex);
		return await sendOptions(context, provider, request, true);
	};
	const submit = async () =>
		await submitJob({
			...{ provider, account, values, send, host },
			rateLimit: run.rateLimit,
			...(identity.requestId ? { requestId: identity.requestId } : {}),
			onDoubt: (doubt) => {
				run.noteDoubt(itemIndex, doubt);
				warnOf(doubt);
			},
			...signalOf(context),
		});
	const reading = await whenThereIsRoom(submission, submit).catch((error: unknown) => {
		refuseAfterStop(context, provider);
		throw error;
	});
	if (!reading.job) {
		run.recordFailure(itemIndex, reading.failure);
		if (reading.failure.accepted === 'unknown' && provider.submitLog) warnOf(reading.failure);
		throw new ItemError(providerFailure(provider, reading.failure));
	}
	const job = withQuote(reading.job, await quoting);
	run.recordSubmitted(itemIndex, job);
	// Where a wait is stopped or n8n dies, the log is the only place that still knows the id.
	context.logger.info(`Submitted ${provider.title} job ${job.jobId} (${place})`);
	if (itemIndex < SHOWN_JOBS) {
		context.customData?.set(`job${itemIndex}`, job.jobId.slice(0, 255));
	}
	return job;
}

/** A larger plan has more places than the documents say; its person says so with Parallel Jobs. */
async function whenThereIsRoom<T>(
	{ context, run, provider, account, host }: Submission,
	submit: () => Promise<T>,
): Promise<T> {
	const parallelJobs = Math.max(run.parallelJobs ?? 0, provider.limits.parallelJobs);
	const limited = { ...provider, limits: { ...provider.limits, parallelJobs } };
	const leave = await waitForRoom(limited, account, host, {
		...signalOf(context),
		onFull: ({ jobs, limit }) =>
			host.log?.(
				'info',
				`${provider.title}: ${jobs} jobs are in the account's queue, which has ${limit} places. Waiting for one.`,
			),
	});
	return await submit().finally(leave);
}

/**
 * n8n keeps nothing of a run that it is killed in: after a kill between the request and its answer, this line is all
 * that says that a job may exist, and its id is what Fetch Result finds the job by.
 */
const announcement = (
	{ title }: Provider,
	{ requestId }: { requestId?: string },
	place: string,
): string =>
	`Submitting to ${title} (${[requestId && `request ${requestId}`, place].filter(Boolean).join(', ')})`;

/** What the job was to cost stands beside what it did cost. */
const withQuote = (job: Job, usd: number | undefined): Job =>
	usd === undefined ? job : { ...job, cost: { ...job.cost, quoted: usd } };

/**
 * What was validated is what is sent. RoutingNode's own body holds the values as they were entered: a number as padded
 * text, an empty cell, "720P"; all else that it prepared (proxy, timeout, certificates) goes along.
 */
function submitOptions(
	{ provider, account, options, values }: Submission,
	identity: Record<string, string>,
) {
	const { url, method, headers, body } = buildRequest(provider, values);
	return {
		...commonOptions(options as never),
		method,
		url: absoluteUrl(url, account.baseUrl),
		body,
		headers: { ...headers, ...identity },
		json: true,
	};
}
