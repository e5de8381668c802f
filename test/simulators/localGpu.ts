/** An OpenAI Videos server with the members that the local executor adds: progress, ETA, cancel, signed callbacks. */
import type { JobStatus, JsonObject } from '../../providers/contract';
import { localGpu as declaration } from '../../providers/localGpu';
import { getPath } from '../../providers/schema/wire';
import { uuid } from './novita';
import type {
	Answer,
	ErrorKind,
	FamilyContext,
	FamilySimulator,
	SimulatedJob,
	Snapshot,
} from './types';

const STATUSES: Record<JobStatus, string> = {
	queued: 'queued',
	processing: 'in_progress',
	succeeded: 'completed',
	failed: 'failed',
	cancelled: 'cancelled',
};

const ERRORS: Record<ErrorKind, [status: number, code: string, message: string]> = {
	invalidKey: [401, 'invalid_api_key', 'The API key is missing or wrong.'],
	invalidRequest: [400, 'invalid_request', 'The request is not valid.'],
	modelUnknown: [404, 'model_not_found', 'There is no such model.'],
	noCredit: [403, 'forbidden', 'Not allowed.'],
	notFound: [404, 'not_found', 'Video not found'],
	promptRefused: [400, 'invalid_request', 'The prompt was refused.'],
	rateLimited: [429, 'queue_full', 'The queue is full.'],
	serverError: [500, 'internal_error', 'Something broke.'],
};

const refusal = (status: number, code: string, message: string): Answer => ({
	status,
	body: { error: { message, type: 'invalid_request_error', param: null, code } },
});

function videoObject(job: SimulatedJob, now: Snapshot, context: FamilyContext): JsonObject {
	const seconds = (ms: number) => Math.floor(ms / 1000);
	const endedMs = Math.min(context.nowMs, job.acceptedAtMs + job.durationMs);
	const over = now.status !== 'queued' && now.status !== 'processing';
	const failed = now.status === 'failed' || now.status === 'cancelled';
	const seed = Number(job.request.seed ?? -1);
	return {
		id: job.id,
		object: 'video',
		model: String(job.request.model ?? 'preview'),
		status: STATUSES[now.status],
		progress: now.progress,
		...(over ? {} : { eta_seconds: now.etaSeconds }),
		created_at: seconds(job.acceptedAtMs),
		completed_at: over ? seconds(endedMs) : null,
		expires_at: now.status === 'succeeded' ? seconds(context.nowMs) + context.fileTtlSeconds : null,
		size: String(job.request.size ?? '512x512'),
		seconds: String(job.request.seconds ?? '4'),
		seed: seed >= 0 ? seed : job.seed,
		track_id: job.trackingId ?? null,
		error: failed
			? {
					code: now.status === 'cancelled' ? 'cancelled' : 'generation_failed',
					message: now.reason || 'Stopped.',
				}
			: null,
		...(now.status === 'succeeded'
			? { url: `${context.url}/v1/videos/${job.id}/content?signed=1` }
			: {}),
	};
}

export const localGpu: FamilySimulator = {
	family: 'localGpu',
	idempotency: {
		header: 'idempotency-key',
		otherRequest: ({ id }) =>
			refusal(
				409,
				'conflict',
				`The idempotency key was used before for another request, the job ${id}.`,
			),
	},
	route({ method, path }) {
		if (path === '/v1/models' && method === 'GET') return { call: 'models' };
		if (path === '/v1/videos' && method === 'POST')
			return { call: 'submit', provider: declaration };
		if (path === '/v1/videos/estimate' && method === 'POST') return { call: 'account' };
		const [, jobId, content] = /^\/v1\/videos\/([^/]+)(\/content)?$/.exec(path) ?? [];
		if (!jobId) return undefined;
		if (method === 'DELETE') return { call: 'cancel', jobId };
		return { call: content ? 'content' : 'fetch', jobId: decodeURIComponent(jobId) };
	},
	keyOf: ({ headers }) => /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1],
	newJobId: ({ random }) => `video_${uuid(random).replaceAll('-', '')}`,
	trackingIdOf: ({ body }) => getPath(body, 'track_id') as string | undefined,
	callbackUrlOf: ({ body }) => getPath(body, 'webhook.url') as string | undefined,
	account: () => ({
		status: 200,
		body: { object: 'video.estimate', model: 'preview', seconds: 12 },
	}),
	submitted: (job, now, context) => ({ status: 200, body: videoObject(job, now, context) }),
	fetched: (job, now, context) => ({ status: 200, body: videoObject(job, now, context) }),
	cancelled: (job) => ({
		status: 200,
		body: { id: job.id, object: 'video.deleted', deleted: true },
	}),
	error(kind, { message, retryAfterSeconds, status }) {
		const [http, code, said] = ERRORS[kind];
		return {
			status: status ?? http,
			...(retryAfterSeconds === undefined
				? {}
				: { headers: { 'retry-after': String(retryAfterSeconds) } }),
			body: refusal(http, code, message ?? said).body,
		};
	},
	callback: (job, now, context) => ({
		type: `video.${now.status === 'succeeded' ? 'completed' : now.status === 'failed' ? 'failed' : 'progress'}`,
		timestamp: new Date(context.nowMs).toISOString(),
		data: videoObject(job, now, context),
	}),
	models: ({ query }) => {
		const type = query.get('type') ?? 'model';
		const wanted = query.get('query') ?? '';
		const data = ['preview', 'animatediff', 'wan-2.2']
			.filter((id) => id.includes(wanted))
			.map((id) => ({ id: type === 'model' ? id : `${type}-${id}`, object: 'model', name: id }));
		return { status: 200, body: { object: 'list', data } };
	},
};
