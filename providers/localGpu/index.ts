import type { CallbackReading, ModelSearch, Provider, ReadContext } from '../contract';
import { newJob } from '../replies/job';
import { nonEmptyString, idOf } from '../replies/coerce';
import { isObject } from '../schema/wire';
import { request } from './request';
import { runTime } from './runTime';
import { readCancel, readFailure, readFetch, readSubmit, readVideo } from './replies';

const ID = 'localGpu';

const jobUrl = (jobId: string) => `/v1/videos/${encodeURIComponent(jobId)}`;

/** `{type: "video.completed", data: {video object}}`, signed by Standard Webhooks. */
function readCallback(body: unknown, context: ReadContext): CallbackReading | undefined {
	if (!isObject(body) || !isObject(body.data)) return undefined;
	const type = nonEmptyString(body.type);
	if (!type?.startsWith('video.')) return undefined;
	const jobId = idOf(body.data.id);
	if (!jobId) return undefined;
	const job = newJob(ID, jobId, context.nowMs);
	// A server that follows OpenAI to the letter sends only the id; the state is then in the event's type.
	const status = nonEmptyString(body.data.status) ?? type.slice('video.'.length);
	return { job: readVideo({ ...body.data, status }, job, context) };
}

const search = (type: string): ModelSearch => ({
	call: (query, cursor) => ({
		method: 'GET',
		url: '/v1/models',
		query: { type, ...(query ? { query } : {}), ...(cursor ? { after: cursor } : {}) },
	}),
	read(reply) {
		const data = isObject(reply.body) ? reply.body.data : undefined;
		if (reply.status >= 300 || !Array.isArray(data)) return { failure: readFailure(reply) };
		const models = data.filter(isObject).flatMap((model) => {
			const value = idOf(model.id);
			return value
				? [
						{
							value,
							label: nonEmptyString(model.name) ?? value,
							...(nonEmptyString(model.description)
								? { description: String(model.description) }
								: {}),
						},
					]
				: [];
		});
		return { models };
	},
});

export const localGpu: Provider = {
	id: ID,
	title: 'Local GPU',
	description: 'Your own machine, through text-to-video-gpu-local or another OpenAI Videos server',
	documentationUrl:
		'https://github.com/text-to-video/n8n-nodes-text-to-video/tree/main/gpu-local#readme',
	credential: 'textToVideoLocalGpuApi',
	account: {
		title: 'Local GPU',
		defaultBaseUrl: 'http://127.0.0.1:8484',
		authentication: { kind: 'bearer', optional: true },
		keyHosts: [],
		cloud: false,
	},
	request,
	limits: { parallelJobs: 4, typicalSeconds: 60 },
	capabilities: {
		callback: {
			field: 'webhook_url',
			signature: 'standard-webhooks',
			progress: true,
			eventType: { member: 'type', ours: /^video\./ },
		},
		cancel: true,
		progress: true,
		idempotencyHeader: 'Idempotency-Key',
		trackingField: 'track_id',
	},
	submitCall: { method: 'POST', url: '/v1/videos' },
	readSubmit: (reply, _values, context) => readSubmit(ID, reply, context),
	fetchCall: (job) => ({ method: 'GET', url: jobUrl(job.jobId) }),
	readFetch,
	cancelCall: (job) => ({ method: 'DELETE', url: jobUrl(job.jobId) }),
	readCancel,
	readCallback,
	runTime,
	modelSearch: {
		model: search('model'),
		lora: search('lora'),
		textualinversion: search('textualinversion'),
	},
};
