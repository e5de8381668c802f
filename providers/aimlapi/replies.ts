/** Replies of AI/ML API `/v2/video/generations` and of its errors. */
import type {
	Cost,
	FailureCode,
	Job,
	JobStatus,
	JsonObject,
	ProviderFailure,
	ReadContext,
	Reading,
	Reply,
	RequestValues,
	Video,
} from '../contract';
import {
	codeOfStatus,
	codeOfText,
	failure,
	flattenText,
	httpFailure,
	successWithoutVideo,
} from '../replies/failures';
import { expiryOf, newJob, updated, video } from '../replies/job';
import { finiteNumber, idOf, isHttpUrl, lookUp, nonEmptyString, positive } from '../replies/coerce';
import { roundUsd } from '../prices/price';
import { isObject } from '../schema/wire';

/** The documented four, and what documented runs and other models of the endpoint print beside them. */
const STATUSES: Record<string, JobStatus> = {
	queued: 'queued',
	pending: 'queued',
	waiting: 'queued',
	generating: 'processing',
	completed: 'succeeded',
	succeeded: 'succeeded',
	success: 'succeeded',
	done: 'succeeded',
	ready: 'succeeded',
	finished: 'succeeded',
	error: 'failed',
	failed: 'failed',
	timeout: 'failed',
	timed_out: 'failed',
	expired: 'failed',
	cancelled: 'cancelled',
	canceled: 'cancelled',
};

/** @param fetchUrl where to ask for the result, if not at the usual address */
export function readSubmit(
	provider: string,
	reply: Reply,
	values: RequestValues,
	context: ReadContext,
	fetchUrl: string | undefined,
): Reading {
	const jobId = isObject(reply.body) ? idOf(reply.body.id) : undefined;
	if (reply.status >= 300 || !isObject(reply.body) || !jobId)
		return { failure: readFailure(reply) };
	// The header comes back as it was sent, and what was sent is longer than what the user gave.
	const trackingId =
		nonEmptyString(values.client_request_id) ??
		nonEmptyString(reply.headers['x-client-request-id']);
	const job: Job = {
		...newJob(provider, jobId, context.nowMs),
		...(trackingId ? { trackingId } : {}),
		...(fetchUrl ? { fetchUrl } : {}),
	};
	return { job: readGeneration(reply.body, reply, job, context) };
}

export function readFetch(reply: Reply, job: Job, context: ReadContext): Reading {
	const body = reply.body;
	if (reply.status >= 300 || !isObject(body) || !nonEmptyString(body.status)) {
		return { failure: readFailure(reply, 'yes') };
	}
	const read = readGeneration(body, reply, job, context);
	return statusOf(body) === 'succeeded' && read.status !== 'succeeded'
		? { failure: successWithoutVideo(reply) }
		: { job: read };
}

const statusOf = (body: JsonObject): JobStatus =>
	lookUp(STATUSES, body.status ?? 'queued') ?? 'processing';

function readGeneration(body: JsonObject, reply: Reply, job: Job, context: ReadContext): Job {
	const status = statusOf(body);
	const change: Partial<Job> = { status, cost: costOf(body, reply, job.cost) };
	if (status === 'succeeded') {
		change.videos = videosOf(body);
		if (change.videos.length === 0) change.status = 'processing';
	}
	if (status === 'failed' || status === 'cancelled') change.failure = jobFailure(body, status);
	return updated(job, change, context.nowMs);
}

function videosOf(body: JsonObject): Video[] {
	const entries = Array.isArray(body.video) ? body.video : [body.video];
	return entries.flatMap((entry) => {
		const url = isObject(entry) ? entry.url : entry;
		if (!isHttpUrl(url)) return [];
		const mimeType = isObject(entry) ? nonEmptyString(entry.content_type) : undefined;
		const expiresAt = expiryOf(url);
		return [video(url, { ...(mimeType ? { mimeType } : {}), ...(expiresAt ? { expiresAt } : {}) })];
	});
}

/** Documented by an example: 3,120,000 credits are 1.56 USD. */
const CREDITS_PER_USD = 2_000_000;

/**
 * What the job cost, from `meta.usage` (whose member was called `tokens_used` before it was called `credits_used`) and
 * from the headers, which count what their own request used: a later question that cost nothing changes nothing.
 */
function costOf(body: JsonObject, reply: Reply, known: Cost | undefined): Cost | undefined {
	const meta = isObject(body.meta) ? body.meta : {};
	const usage = isObject(meta.usage) ? meta.usage : {};
	const told = positive(usage.credits_used) ?? positive(usage.tokens_used);
	const credits = told ?? positive(reply.headers['x-aimlapi-credits-used']);
	const usd =
		positive(usage.usd_spent) ??
		positive(reply.headers['x-aimlapi-usd-spent']) ??
		known?.usd ??
		(credits === undefined ? undefined : roundUsd(credits / CREDITS_PER_USD));
	if (usd === undefined) return known;
	return {
		...known,
		...(credits === undefined ? {} : { credits }),
		usd,
		source: told === undefined && positive(usage.usd_spent) === undefined ? 'headers' : 'reply',
	};
}

function jobFailure(body: JsonObject, status: 'failed' | 'cancelled'): ProviderFailure {
	const text = errorText(body.error) ?? flattenText(body.message);
	if (status === 'cancelled') {
		return failure('cancelled', text ?? 'The provider cancelled the job.', { accepted: 'yes' });
	}
	const refused = text !== undefined && codeOfText(text) === 'prompt_refused';
	return failure(
		refused ? 'prompt_refused' : 'generation_failed',
		text ?? 'The provider could not make the video and gave no reason.',
		{ accepted: 'yes' },
	);
}

/** `{name, message}`, a text, or null. */
function errorText(error: unknown): string | undefined {
	if (!isObject(error)) return flattenText(error);
	const message = flattenText(error.message);
	const name = nonEmptyString(error.name);
	return message && name && !message.includes(name) ? `${message} (${name})` : (message ?? name);
}

/** `{message, path, requestId, statusCode, timestamp}`, where `statusCode` is text and details may stand beside. */
export function readFailure(reply: Reply, accepted?: 'yes'): ProviderFailure {
	const body = isObject(reply.body) ? reply.body : {};
	const message = [flattenText(body.message) ?? errorText(body.error), flattenText(body.details)]
		.filter(Boolean)
		.join(': ');
	const status =
		reply.status < 300 ? (finiteNumber(body.statusCode) ?? reply.status) : reply.status;
	const code = codeOf(status, message);
	return httpFailure({ ...reply, status }, { code, message, accepted });
}

function codeOf(status: number, text: string): FailureCode | undefined {
	// Documented: 403 is "out of credits".
	if (status === 403) return codeOfText(text) ?? 'no_credit';
	const byStatus = codeOfStatus(status);
	const isVague = byStatus === 'invalid_request' || byStatus === 'not_found';
	return isVague ? codeOfText(text) : undefined;
}
