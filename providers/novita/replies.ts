/** Replies of Novita's `/v3/async/txt2video`, `/v3/async/task-result`, its webhook and its errors. */
import type {
	FailureCode,
	Job,
	JobStatus,
	JsonObject,
	ProviderFailure,
	ReadContext,
	Reading,
	Reply,
	Video,
} from '../contract';
import {
	codeOfText,
	failure,
	flattenText,
	httpFailure,
	successWithoutVideo,
} from '../replies/failures';
import { expiryOf, mimeTypeOf, newJob, updated, video } from '../replies/job';
import {
	finiteNumber,
	idOf,
	isHttpUrl,
	isoTime,
	lookUp,
	nonEmptyString,
	positive,
} from '../replies/coerce';
import { isObject } from '../schema/wire';

const STATUSES: Record<string, JobStatus> = {
	TASK_STATUS_QUEUED: 'queued',
	TASK_STATUS_PROCESSING: 'processing',
	TASK_STATUS_SUCCEED: 'succeeded',
	TASK_STATUS_FAILED: 'failed',
};

/** `reason` of an error body. It decides before the HTTP status, which the documents give differently. */
const REASONS: Record<string, FailureCode> = {
	INVALID_REQUEST_BODY: 'invalid_request',
	MISSING_API_KEY: 'invalid_key',
	INVALID_API_KEY: 'invalid_key',
	ILLEGAL_PROMPT: 'prompt_refused',
	ILLEGAL_IMAGE_CONTENT: 'prompt_refused',
	BILLING_BALANCE_NOT_ENOUGH: 'no_credit',
	BILLING_AUTH_FAILED: 'no_credit',
	BILLING_FAILED: 'provider_error',
	FEATURE_NOT_ALLOWED: 'not_allowed',
	API_NOT_ALLOWED: 'not_allowed',
	NEED_REAL_NAME_VERIFY: 'not_allowed',
	ANONYMOUS_ACCESS_QUOTA_EXCEEDS: 'no_credit',
	RATE_LIMIT_EXCEEDED: 'rate_limited',
	API_NOT_FOUND: 'not_found',
	TASK_NOT_FOUND: 'not_found',
	CREATE_TASK_FAILED: 'provider_error',
	GET_RESULT_FAILED: 'provider_error',
	TASK_FAILED: 'provider_error',
};

export function readSubmit(provider: string, reply: Reply, context: ReadContext): Reading {
	const jobId = isObject(reply.body) ? idOf(reply.body.task_id) : undefined;
	if (reply.status >= 300 || !jobId) return { failure: readFailure(reply) };
	return { job: newJob(provider, jobId, context.nowMs) };
}

export function readFetch(reply: Reply, job: Job, context: ReadContext): Reading {
	const body = reply.body;
	if (reply.status >= 300 || !isObject(body) || !isObject(body.task)) {
		return { failure: readFailure(reply, 'yes') };
	}
	const read = readTask(body, body.task, job, context);
	return statusOf(body.task) === 'succeeded' && read.status !== 'succeeded'
		? { failure: successWithoutVideo(reply) }
		: { job: read };
}

const statusOf = (task: JsonObject): JobStatus => lookUp(STATUSES, task.status) ?? 'processing';

/** The task-result body, which is also the payload of the webhook. */
export function readTask(body: JsonObject, task: JsonObject, job: Job, context: ReadContext): Job {
	// Unknown statuses (TASK_STATUS_UNKNOWN is in one SDK) are not final. `progress_percent` is 0 in a documented
	// success, so it never decides.
	const status = statusOf(task);
	const videos = Array.isArray(body.videos) ? videosOf(body.videos, context) : [];
	const extra = isObject(body.extra) ? body.extra : {};
	const change: Partial<Job> = {
		status,
		progress: finiteNumber(task.progress_percent) ?? job.progress,
		etaSeconds: positive(task.eta),
		seed: finiteNumber(extra.seed) ?? job.seed,
	};
	if (status === 'succeeded' && videos.length === 0) {
		change.status = 'processing';
	} else if (status === 'succeeded') {
		change.videos = videos;
	} else if (status === 'failed') {
		change.failure = taskFailure(task);
	}
	return updated(job, change, context.nowMs);
}

function videosOf(videos: unknown[], context: ReadContext): Video[] {
	return videos.filter(isObject).flatMap((entry) => {
		if (!isHttpUrl(entry.video_url)) return [];
		const expiresAt = expiryOf(entry.video_url) ?? endOf(positive(entry.video_url_ttl), context);
		const type = nonEmptyString(entry.video_type);
		return [
			video(entry.video_url, {
				...(type ? { mimeType: mimeTypeOf(type) } : {}),
				...(expiresAt ? { expiresAt } : {}),
			}),
		];
	});
}

const endOf = (ttlSeconds: number | undefined, context: ReadContext): string | undefined =>
	ttlSeconds ? isoTime(context.nowMs + ttlSeconds * 1000) : undefined;

function taskFailure(task: JsonObject): ProviderFailure {
	const reason = nonEmptyString(task.reason);
	return failure(
		(reason && codeOfText(reason)) === 'prompt_refused' ? 'prompt_refused' : 'generation_failed',
		reason ?? 'The provider could not make the video and gave no reason.',
		{ accepted: 'yes' },
	);
}

/** `{code, reason, message, metadata}`. */
export function readFailure(reply: Reply, accepted?: 'yes'): ProviderFailure {
	const body = isObject(reply.body) ? reply.body : {};
	const reason = nonEmptyString(body.reason);
	const text = flattenText(body.message);
	const message =
		text && reason && !text.includes(reason) ? `${text} (${reason})` : (text ?? reason);
	const byReason = lookUp(REASONS, reason);
	const byText = reply.status >= 400 && reply.status < 500 && text ? codeOfText(text) : undefined;
	// An unknown model is told as an invalid request; only the text says which of the two it is.
	const code =
		byReason === 'invalid_request' && byText === 'model_not_found' ? byText : (byReason ?? byText);
	return httpFailure(reply, { code, message, accepted });
}
