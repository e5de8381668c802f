/**
 * Replies of an OpenAI Videos server: our own executor and, with fewer members, SGLang, vLLM-Omni and FastVideo.
 * `docs`: OpenAI's `/v1/videos` reference (the hosted service ended in 2026, the format lives on).
 */
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
import { codeOfText, failure, flattenText, httpFailure } from '../replies/failures';
import { absoluteUrl } from '../hosts';
import { mimeTypeOf, newJob, updated, video } from '../replies/job';
import { finiteNumber, idOf, isHttpUrl, isoTime, lookUp, nonEmptyString } from '../replies/coerce';
import { isObject } from '../schema/wire';

const STATUSES: Record<string, JobStatus> = {
	queued: 'queued',
	pending: 'queued',
	in_progress: 'processing',
	completed: 'succeeded',
	complete: 'succeeded',
	succeeded: 'succeeded',
	success: 'succeeded',
	done: 'succeeded',
	failed: 'failed',
	error: 'failed',
	cancelled: 'cancelled',
	canceled: 'cancelled',
	deleted: 'cancelled',
	expired: 'failed',
};

const CODES: Record<string, FailureCode> = {
	invalid_request: 'invalid_request',
	unsupported_field: 'invalid_request',
	model_not_found: 'model_not_found',
	cancelled: 'cancelled',
	invalid_api_key: 'invalid_key',
	queue_full: 'rate_limited',
	rate_limit_exceeded: 'rate_limited',
};

export function readSubmit(provider: string, reply: Reply, context: ReadContext): Reading {
	const ended = endedJob(reply);
	const body = ended ?? reply.body;
	const jobId = isObject(body) ? idOf(body.id) : undefined;
	const refused = reply.status >= 300 && !ended;
	if (refused || !isObject(body) || !jobId) return { failure: readFailure(reply) };
	return { job: readVideo(body, newJob(provider, jobId, context.nowMs), context) };
}

export function readFetch(reply: Reply, job: Job, context: ReadContext): Reading {
	const ended = endedJob(reply);
	if (ended && (ended.id === undefined || idOf(ended.id) === job.jobId)) {
		return { job: readVideo(ended, job, context) };
	}
	if (reply.status >= 300 || !isObject(reply.body) || !nonEmptyString(reply.body.status)) {
		return { failure: readFailure(reply, 'yes') };
	}
	return { job: readVideo(reply.body, job, context) };
}

/**
 * The job in an error reply: vLLM-Omni answers a question for a failed job with the HTTP status of its failure and the
 * job as body. Any other status than an end says nothing there.
 */
function endedJob({ status, body }: Reply): JsonObject | undefined {
	if (status < 400 || !isObject(body)) return undefined;
	const job = isObject(body.detail) ? body.detail : body;
	const ended = ENDED.has(statusOf(job) ?? 'queued');
	return ended && (job.object === 'video' || idOf(job.id)) ? job : undefined;
}

const ENDED = new Set<JobStatus>(['failed', 'cancelled']);

const statusOf = ({ status }: JsonObject): JobStatus | undefined =>
	typeof status === 'string' ? lookUp(STATUSES, status.toLowerCase()) : undefined;

/** DELETE answers with `{deleted: true}`, or with the job in a state of its own. */
export function readCancel(reply: Reply, job: Job, context: ReadContext): Reading {
	if (reply.status >= 300) return { failure: readFailure(reply, 'yes') };
	return {
		job: updated(
			job,
			{
				status: 'cancelled',
				failure: failure('cancelled', 'The job was cancelled.', { accepted: 'yes' }),
			},
			context.nowMs,
		),
	};
}

/** The job as a video object tells it. Unknown statuses are not final. */
export function readVideo(body: JsonObject, job: Job, context: ReadContext): Job {
	const status = statusOf(body) ?? 'processing';
	const change: Partial<Job> = {
		status,
		progress: finiteNumber(body.progress) ?? job.progress,
		etaSeconds: finiteNumber(body.eta_seconds),
		seed: finiteNumber(body.seed) ?? job.seed,
		settings: settingsOf(body) ?? job.settings,
		warnings: warningsOf(body) ?? job.warnings,
		trackingId: nonEmptyString(body.track_id) ?? job.trackingId,
	};
	const finishedAt = isoTime((finiteNumber(body.completed_at) || Number.NaN) * 1000);
	if (finishedAt) change.finishedAt = finishedAt;
	if (status === 'succeeded') change.videos = [videoOf(body, job, context)];
	if (status === 'failed' || status === 'cancelled') change.failure = jobFailure(body, status);
	return updated(job, change, context.nowMs);
}

function videoOf(body: JsonObject, job: Job, context: ReadContext): Video {
	const expiresAt = isoTime((finiteNumber(body.expires_at) || Number.NaN) * 1000);
	const mimeType =
		nonEmptyString(body.media_type) ?? mimeTypeOf(nonEmptyString(body.output_format) ?? 'mp4');
	const more = {
		mimeType,
		...(expiresAt ? { expiresAt } : {}),
	};
	if (isHttpUrl(body.url)) return video(body.url, more);
	const content = `/v1/videos/${encodeURIComponent(job.jobId)}/content`;
	return video(absoluteUrl(content, context.baseUrl), { ...more, requiresKey: true });
}

function settingsOf(body: JsonObject): JsonObject | undefined {
	if (isObject(body.settings)) return body.settings;
	const known = ['model', 'size', 'seconds', 'fps', 'num_frames'] as const;
	const entries = known.flatMap((key) =>
		body[key] === undefined || body[key] === null ? [] : [[key, body[key]]],
	);
	return entries.length > 0 ? (Object.fromEntries(entries) as JsonObject) : undefined;
}

function warningsOf(body: JsonObject): string[] | undefined {
	if (!Array.isArray(body.warnings)) return undefined;
	const texts = body.warnings
		.map((warning) => flattenText(warning))
		.filter((text) => text !== undefined);
	return texts.length > 0 ? texts : undefined;
}

function jobFailure(body: JsonObject, status: 'failed' | 'cancelled'): ProviderFailure {
	const error = isObject(body.error) ? body.error : undefined;
	const code =
		lookUp(CODES, error?.code) ?? (status === 'cancelled' ? 'cancelled' : 'generation_failed');
	const message =
		flattenText(error?.message) ??
		flattenText(body.error) ??
		(status === 'cancelled' ? 'The job was cancelled.' : 'The video could not be made.');
	return failure(code, message, { accepted: 'yes', retryable: false });
}

/** `{error: {message, code}}` (OpenAI), `{detail: …}` (FastAPI servers) or anything else. */
export function readFailure(reply: Reply, accepted?: 'yes'): ProviderFailure {
	const body = isObject(reply.body) ? reply.body : {};
	const error = isObject(body.error) ? body.error : undefined;
	const message =
		flattenText(error?.message) ??
		flattenText(body.error) ??
		detailText(body.detail) ??
		flattenText(body.message);
	const code =
		lookUp(CODES, error?.code) ??
		(reply.status >= 400 && reply.status < 500 && message && reply.status !== 404
			? codeOfText(message)
			: undefined);
	return httpFailure(reply, { code, message, accepted });
}

/** FastAPI puts `[{loc, msg, type}]` where others put a text. */
function detailText(detail: unknown): string | undefined {
	if (!Array.isArray(detail)) return flattenText(detail);
	const texts = detail.map((entry) =>
		isObject(entry) && typeof entry.msg === 'string'
			? [Array.isArray(entry.loc) ? entry.loc.slice(1).join('.') : '', entry.msg]
					.filter(Boolean)
					.join(': ')
			: flattenText(entry),
	);
	return texts.filter(Boolean).join('; ') || undefined;
}
