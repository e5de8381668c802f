/**
 * Novita's models beside txt2video. Kling, Wan, Hailuo and the older Seedance have an endpoint each, named after the
 * model (the documents: Novita API reference, the page of each model). Seedance 2 speaks its maker's own format and Veo
 * its maker's own request; both are known from the code of clients only.
 */
import { z } from 'zod/v4';
import { findModel, novitaCatalogue } from '../catalogue';
import type {
	Job,
	JobStatus,
	JsonObject,
	Provider,
	ProviderFailure,
	ReadContext,
	Reading,
	Reply,
	RequestValues,
} from '../contract';
import { absoluteUrl, mayCarryKey } from '../hosts';
import { failure, successWithoutVideo } from '../replies/failures';
import { finiteNumber, idOf, isHttpUrl, lookUp } from '../replies/coerce';
import { newJob, updated, video } from '../replies/job';
import { orReplacement } from '../replies/retiredModel';
import { extraParameterIssues, extraParameters } from '../schema/extraParameters';
import { fieldMeta } from '../schema/fields';
import { isObject } from '../schema/wire';
import { balance } from './account';
import { readFailure, readFetch as readTaskFetch } from './replies';

const ID = 'novitaAnyModel';
const SEEDANCE = '/v3/bytedance/metered/contents/generations/tasks';
const KEY_HOSTS = ['api.novita.ai'];

const request = z.strictObject({
	// The name is a part of the address: "." and ".." would lead elsewhere.
	model: z
		.string()
		.min(1)
		.max(256)
		.regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]*$/)
		.register(fieldMeta, {
			title: 'Model',
			help: 'A text-to-video model of the account. The fields below are those of the model.',
			placeholder: 'kling-v3.0-std-t2v',
			search: 'model',
			initial: 'kling-v3.0-std-t2v',
			unsent: true,
		}),
	prompt: z.string().min(1).register(fieldMeta, {
		title: 'Prompt',
		help: 'What the video should show.',
		multiline: true,
		placeholder: 'e.g. A paper boat sails through a city of books',
	}),
	extra_parameters: extraParameters(),
});

const endpointOf = (model: unknown): string | undefined =>
	findModel(novitaCatalogue, model)?.endpoint;

function submitUrl({ model }: RequestValues): string {
	switch (endpointOf(model)) {
		case 'seedance':
			return SEEDANCE;
		case 'veo':
			return `/v3/veo-3.1/v1/models/${encodeURIComponent(String(model))}:predictLongRunning`;
		default:
			return `/v3/async/${encodeURIComponent(String(model ?? '{model}'))}`;
	}
}

/** `{task_id}`, the maker's `{id}` (one client found it under `data`), or Google's `{name, done}`. */
function readSubmit(reply: Reply, values: RequestValues, context: ReadContext): Reading {
	const body = isObject(reply.body) ? reply.body : {};
	const inner = isObject(body.data) ? body.data : body;
	const jobId = idOf(body.task_id) ?? idOf(inner.id) ?? idOf(body.name);
	if (reply.status >= 300 || !jobId) {
		return { failure: orReplacement(refusal(reply), novitaCatalogue, values.model) };
	}
	const job = newJob(ID, jobId, context.nowMs);
	if (endpointOf(values.model) !== 'seedance') return { job };
	const url = `${SEEDANCE}/${encodeURIComponent(jobId)}`;
	return { job: { ...job, fetchUrl: absoluteUrl(url, context.baseUrl) } };
}

/** Every model has an endpoint of its own: one that is not there is a model that is not there (any more). */
function refusal(reply: Reply): ProviderFailure {
	const found = readFailure(reply);
	if (found.code !== 'not_found') return found;
	const advice = 'The provider has no such model, or has retired it. Choose one from the list.';
	return { ...found, code: 'model_not_found', advice };
}

/** Statuses of the maker's own format. */
const STATUSES: Record<string, JobStatus> = {
	queued: 'queued',
	running: 'processing',
	succeeded: 'succeeded',
	failed: 'failed',
	cancelled: 'cancelled',
	expired: 'failed',
};

function readFetch(reply: Reply, job: Job, context: ReadContext): Reading {
	const body = isObject(reply.body) && isObject(reply.body.data) ? reply.body.data : reply.body;
	if (reply.status >= 300 || !isObject(body) || isObject(body.task)) {
		return readTaskFetch(reply, job, context);
	}
	const status = lookUp(STATUSES, body.status);
	if (status === undefined && !idOf(body.id)) return { failure: readFailure(reply, 'yes') };
	return readSeedance(body, status ?? 'processing', reply, job, context);
}

function readSeedance(
	body: JsonObject,
	status: JobStatus,
	reply: Reply,
	job: Job,
	context: ReadContext,
): Reading {
	const change: Partial<Job> = { status, seed: finiteNumber(body.seed) ?? job.seed };
	if (status === 'succeeded') {
		const content = isObject(body.content) ? body.content : {};
		if (!isHttpUrl(content.video_url)) return { failure: successWithoutVideo(reply) };
		change.videos = [video(content.video_url)];
	}
	if (status === 'failed' || status === 'cancelled') {
		const error = isObject(body.error) ? body.error : {};
		const expired = body.status === 'expired';
		change.failure = failure(
			status === 'cancelled' ? 'cancelled' : expired ? 'expired' : 'generation_failed',
			typeof error.message === 'string' && error.message
				? error.message
				: `The provider ended the job (${String(body.status)}) and gave no reason.`,
			{ accepted: 'yes' },
		);
	}
	return { job: updated(job, change, context.nowMs) };
}

const ownUrl = (job: Job, baseUrl: string): string | undefined =>
	job.fetchUrl && mayCarryKey(job.fetchUrl, baseUrl, KEY_HOSTS) ? job.fetchUrl : undefined;

export const novitaAnyModel: Provider = {
	id: ID,
	title: 'Novita: any model',
	description: 'Kling 3.0 up to 4K, Seedance 2, Veo 3.1, Wan 2.7 and Hailuo',
	documentationUrl: 'https://novita.ai/docs/api-reference/model-apis-kling-v3.0-std-t2v',
	credential: 'textToVideoNovitaApi',
	account: {
		title: 'Novita',
		defaultBaseUrl: 'https://api.novita.ai',
		authentication: { kind: 'bearer' },
		keyHosts: KEY_HOSTS,
		cloud: true,
	},
	request,
	models: {
		field: 'model',
		catalogue: novitaCatalogue,
		adapt: (field, { endpoint }) =>
			field.name === 'model' && endpoint === 'seedance' ? { ...field, unsent: false } : field,
	},
	limits: { requestsPerMinute: 20, parallelJobs: 4, typicalSeconds: 150 },
	capabilities: { cancel: false, progress: true },
	submitCall: { method: 'POST', url: submitUrl },
	rules: extraParameterIssues,
	readSubmit,
	fetchCall: (job, { baseUrl }) => {
		const url = ownUrl(job, baseUrl);
		return url
			? { method: 'GET', url }
			: { method: 'GET', url: '/v3/async/task-result', query: { task_id: job.jobId } };
	},
	readFetch,
	balance,
	// One client cancels waiting jobs so, another found it refused: it is tried, and what the provider says is told.
	cancelCall: ({ fetchUrl }) => (fetchUrl ? { method: 'DELETE', url: fetchUrl } : undefined),
	readCancel: (reply, job, context) =>
		reply.status < 300
			? { job: updated(job, { status: 'cancelled' }, context.nowMs) }
			: { failure: readFailure(reply, 'yes') },
};
