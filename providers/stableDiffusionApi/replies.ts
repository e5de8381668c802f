/**
 * Replies of Stable Diffusion API (v5, v4, Enterprise v1) and ModelsLab (v6, v7): one family, told apart by nothing
 * but the paths. Submit and fetch replies and the webhook message have the same members.
 */
import type {
	CallbackCapability,
	CallbackReading,
	HttpCall,
	Job,
	JobStatus,
	JsonObject,
	JsonValue,
	ReadContext,
	Reading,
	Reply,
	RequestValues,
	Video,
} from '../contract';
import { codeOfText, failure, successWithoutVideo } from '../replies/failures';
import { mayCarryKey } from '../hosts';
import { expiryOf, newJob, updated, video } from '../replies/job';
import { finiteNumber, idOf, isHttpUrl, lookUp, nonEmptyString, positive } from '../replies/coerce';
import { isObject } from '../schema/wire';
import { errorText, isRefusal, isWord, readFailure } from './failures';
import { settingsOf, unlikeAsked } from './settings';

/** Hosts of the provider: the old name and the new one. */
export const KEY_HOSTS = ['stablediffusionapi.com', 'modelslab.com'];

/** Messages about jobs have no `event`; those of another product of the same sender (workflows) do. */
export const CALLBACK: CallbackCapability = {
	field: 'webhook',
	signature: 'none',
	progress: false,
	eventType: { member: 'event', ours: /^$/ },
};

/** Documented for `temp: true`: such files are cleaned up every 24 hours. */
const TEMPORARY_FILE_MS = 24 * 3600 * 1000;

/** Words that are not here (there are more in the wild) may still change, so they are not final. */
const STATUSES: Record<string, JobStatus> = {
	success: 'succeeded',
	processing: 'processing',
	queued: 'queued',
	error: 'failed',
	failed: 'failed',
};

export function readSubmit(
	provider: string,
	reply: Reply,
	values: RequestValues,
	context: ReadContext,
): Reading {
	const body = reply.body;
	if (reply.status >= 300 || !isObject(body)) return { failure: readFailure(reply) };
	const jobId = jobIdOf(body);
	if (!jobId) {
		const nameless = nonEmptyString(body.status) && !isRefusal(body);
		return { failure: nameless ? withoutId(reply) : readFailure(reply) };
	}
	// An id is a job that was accepted, whatever else the answer leaves out: it can be asked for.
	const job = newJob(provider, jobId, context.nowMs);
	const trackingId = nonEmptyString(values.track_id);
	const read = readBody(body, { ...job, trackingId }, context);
	const warnings = unlikeAsked(values, read.settings);
	return { job: warnings.length > 0 ? { ...read, warnings } : read };
}

/** A fetch that says "error" may mean the job or the question; what it says decides. */
export function readFetch(reply: Reply, job: Job, context: ReadContext): Reading {
	const body = reply.body;
	if (!isObject(body) || !nonEmptyString(body.status))
		return { failure: readFailure(reply, 'yes') };
	if (reply.status >= 300 || questionRefused(body)) return { failure: readFailure(reply, 'yes') };
	const read = readBody(body, job, context);
	const unfinished = urlsIn(body.future_links).length > 0;
	if (statusOf(body) === 'succeeded' && read.status !== 'succeeded' && !unfinished) {
		return { failure: successWithoutVideo(reply) };
	}
	return { job: read };
}

function questionRefused(body: JsonObject): boolean {
	if (!isWord(body.status, 'error')) return false;
	const { code } = readFailure({ status: 200, headers: {}, body }, 'yes');
	return !['invalid_request', 'model_not_found', 'prompt_refused'].includes(code);
}

/** The webhook message. `event` belongs to the messages of another product (workflows) of the same sender. */
export function readCallback(
	provider: string,
	body: unknown,
	context: ReadContext,
): CallbackReading | undefined {
	if (!isObject(body) || body.event !== undefined || !nonEmptyString(body.status)) return undefined;
	const jobId = idOf(body.id);
	if (!jobId) return undefined;
	return { job: readBody(body, newJob(provider, jobId, context.nowMs), context) };
}

/**
 * The question about a job: the address that the provider handed out where it may see the key, else the documented
 * one on the account's base URL.
 *
 * @param path documented path; the id travels as `request_id` in the body where the path does not hold it
 */
export function fetchCall(job: Job, path: string, context: { baseUrl: string }): HttpCall {
	const handedOut =
		isHttpUrl(job.fetchUrl) && mayCarryKey(job.fetchUrl, context.baseUrl, KEY_HOSTS)
			? job.fetchUrl
			: undefined;
	const url = handedOut ?? path;
	const named = url.split(/[?#]/)[0]!.endsWith(`/${encodeURIComponent(job.jobId)}`);
	return { method: 'POST', url, body: named ? {} : { request_id: job.jobId } };
}

/** `id` is a number, a string or "", and one observed reply has it only at the end of `fetch_result`. */
function jobIdOf(body: JsonObject): string | undefined {
	const meta = isObject(body.meta) ? body.meta : {};
	const handedOut = isHttpUrl(body.fetch_result)
		? /\/fetch\/([^/?#]+)/.exec(body.fetch_result)
		: null;
	return idOf(body.id) ?? idOf(meta.id) ?? handedOut?.[1];
}

function withoutId(reply: Reply) {
	return failure('unreadable_reply', 'The provider took the job but gave no id to ask for it.', {
		accepted: 'unknown',
		httpStatus: reply.status,
	});
}

const statusOf = (body: JsonObject): JobStatus => lookUp(STATUSES, body.status) ?? 'processing';

function readBody(body: JsonObject, job: Job, context: ReadContext): Job {
	const status = statusOf(body);
	const meta = isObject(body.meta) ? body.meta : {};
	const change: Partial<Job> = {
		status,
		etaSeconds: positive(body.eta),
		seed: finiteNumber(meta.seed) ?? finiteNumber(body.seed) ?? job.seed,
		settings: settingsOf(meta) ?? job.settings,
		trackingId: idOf(body.track_id) ?? idOf(meta.track_id) ?? job.trackingId,
		fetchUrl: isHttpUrl(body.fetch_result) ? body.fetch_result : job.fetchUrl,
	};
	if (status === 'failed') change.failure = jobFailure(body);
	if (status === 'succeeded') Object.assign(change, success(body, change.settings, context));
	return updated(job, change, context.nowMs);
}

function success(
	body: JsonObject,
	settings: JsonObject | undefined,
	context: ReadContext,
): Partial<Job> {
	const urls = resultUrls(body);
	return urls.length > 0
		? { videos: urls.map((url) => videoOf(url, settings, context)) }
		: // Perhaps its future address is known but not the file: it is on its way.
			{ status: 'processing' };
}

/** `future_links` are no results: they answer 404 until the job is done. */
function resultUrls(body: JsonObject): string[] {
	const places = [body.output, body.output_url, body.links, body.proxy_links];
	return places.map(urlsIn).find((urls) => urls.length > 0) ?? [];
}

/** An array of URLs, one bare URL, objects that hold one, or `""` and `[]` for none. */
function urlsIn(place: JsonValue | undefined): string[] {
	return (Array.isArray(place) ? place : [place])
		.map((entry) => (isObject(entry) ? entry.url : entry))
		.filter(isHttpUrl);
}

function videoOf(url: string, settings: JsonObject | undefined, context: ReadContext): Video {
	const temporary = settings?.temp === 'yes' || settings?.temp === true;
	const expiresAt =
		expiryOf(url) ??
		(temporary ? new Date(context.nowMs + TEMPORARY_FILE_MS).toISOString() : undefined);
	return video(url, expiresAt ? { expiresAt } : {});
}

function jobFailure(body: JsonObject) {
	const text = errorText(body);
	const refused = text !== undefined && codeOfText(text) === 'prompt_refused';
	return failure(
		refused ? 'prompt_refused' : 'generation_failed',
		text ?? 'The provider could not make the video and gave no reason.',
		{ accepted: 'yes' },
	);
}
