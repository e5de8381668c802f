/** Novita `/v3/async/txt2video`, `/v3/async/task-result`, `/v3/model` and its webhook as they are documented. */
import type { JobStatus, JsonObject, JsonValue } from '../../providers/contract';
import { novita as declaration } from '../../providers/novita';
import { getPath } from '../../providers/schema/wire';
import { objection } from './documents/check';
import { MAX_FRAMES, txt2video } from './documents/novita';
import { rough } from './timeline';
import type {
	Answer,
	ErrorKind,
	FamilyContext,
	FamilySimulator,
	Incoming,
	SimulatedJob,
	Snapshot,
} from './types';

const STATUSES: Record<JobStatus, string> = {
	queued: 'TASK_STATUS_QUEUED',
	processing: 'TASK_STATUS_PROCESSING',
	succeeded: 'TASK_STATUS_SUCCEED',
	failed: 'TASK_STATUS_FAILED',
	cancelled: 'TASK_STATUS_FAILED',
};

const ERRORS: Record<ErrorKind, [status: number, reason: string, message: string]> = {
	invalidKey: [403, 'INVALID_API_KEY', 'invalid api key'],
	invalidRequest: [400, 'INVALID_REQUEST_BODY', 'invalid request body'],
	modelUnknown: [400, 'INVALID_REQUEST_BODY', 'model not found'],
	noCredit: [400, 'BILLING_BALANCE_NOT_ENOUGH', 'balance not enough'],
	notFound: [404, 'TASK_NOT_FOUND', 'task not found'],
	promptRefused: [400, 'ILLEGAL_PROMPT', 'prompt contains illegal content'],
	rateLimited: [429, 'RATE_LIMIT_EXCEEDED', 'rate limit exceeded'],
	serverError: [500, 'GET_RESULT_FAILED', 'internal error'],
};

function result(job: SimulatedJob, now: Snapshot, context: FamilyContext): JsonObject {
	const gif = getPath(job.request, 'extra.response_video_type') === 'gif';
	// Veo makes several of one prompt.
	const count = Number(getPath(job.request, 'parameters.sampleCount') ?? 1);
	const videos: JsonValue[] = Array.from(
		{ length: now.status === 'succeeded' ? count : 0 },
		() => ({
			video_url: context.fileUrl(job, { folder: 'test', signed: true }),
			video_url_ttl: String(context.fileTtlSeconds),
			video_type: gif ? 'gif' : 'mp4',
		}),
	);
	return {
		task: {
			task_id: job.id,
			task_type: 'TXT_TO_VIDEO',
			status: STATUSES[now.status],
			reason: now.reason,
			// While it is queued, nothing is told of it; and one printed task succeeded without any progress.
			eta: now.status === 'processing' ? Math.ceil(rough(job, now.etaSeconds)) : 0,
			progress_percent:
				now.status === 'queued' || (now.status === 'succeeded' && job.seed % 2 === 1)
					? 0
					: now.progress,
		},
		extra: { seed: String(job.request.seed ?? job.seed), enable_nsfw_detection: false },
		// Lists with nothing in them may be left out.
		...(job.seed % 3 === 0 ? {} : { images: [] }),
		...(job.seed % 3 === 0 && videos.length === 0 ? {} : { videos }),
	};
}

/** Public models of the type that was asked for, a page at a time. */
function models({ query }: Incoming): Answer {
	const type = query.get('filter.types') ?? 'checkpoint';
	const wanted = query.get('filter.query')?.toLowerCase() ?? '';
	const all = Array.from({ length: 120 }, (_, index) => model(type, index)).filter(
		({ name, is_sdxl }) =>
			String(name).toLowerCase().includes(wanted) &&
			(query.get('filter.is_sdxl') === null || String(is_sdxl) === query.get('filter.is_sdxl')),
	);
	const from = Number((query.get('pagination.cursor') || 'c_0').slice(2));
	const limit = Number(query.get('pagination.limit') ?? 10);
	const next = from + limit < all.length ? `c_${from + limit}` : '';
	return {
		status: 200,
		body: { models: all.slice(from, from + limit), pagination: { next_cursor: next } },
	};
}

function model(type: string, index: number): JsonObject {
	const xl = index % 10 === 9;
	const name = `${xl ? 'starlightXL' : 'meadowMix'}_${index}`;
	const file = `${name}.safetensors`;
	return {
		id: index,
		name,
		sd_name: file,
		sd_name_in_api: type === 'checkpoint' ? file : name,
		type: { name: type, display_name: type },
		status: index % 7 === 6 ? 0 : 1,
		base_model: xl ? 'SDXL 1.0' : 'SD 1.5',
		is_sdxl: xl,
	};
}

/** The payload is the task result; a mock event of the test mode bears the request's webhook settings. */
function callback(job: SimulatedJob, now: Snapshot, context: FamilyContext): JsonObject {
	const payload = result(job, now, context);
	const webhook = getPath(job.request, 'extra.webhook');
	const extra = { ...(payload.extra as JsonObject), ...(webhook ? { webhook } : {}) };
	// As in the documented sample: succeeded, and yet no progress.
	const task = { ...(payload.task as JsonObject), progress_percent: 0 };
	return { event_type: 'ASYNC_TASK_RESULT', payload: { ...payload, task, extra, audios: [] } };
}

export const novita: FamilySimulator = {
	family: 'novita',
	route({ method, path, query }) {
		if (method === 'POST' && path === '/v3/async/txt2video') {
			return { call: 'submit', provider: declaration };
		}
		if (method !== 'GET') return undefined;
		if (path === '/v3/model') return { call: 'models' };
		if (path === '/openapi/v1/billing/balance/detail') return { call: 'account' };
		if (path !== '/v3/async/task-result') return undefined;
		return { call: 'fetch', jobId: query.get('task_id') ?? '' };
	},
	account: () => ({
		status: 200,
		body: {
			availableBalance: '125000',
			cashBalance: '125000',
			creditLimit: '0',
			outstandingInvoices: '0',
		},
	}),
	objection({ body }) {
		const { prompts } = body as { prompts?: Array<{ frames?: number }> };
		const problem = objection(txt2video, body as JsonObject);
		const frames = (prompts ?? []).reduce((sum, prompt) => sum + Number(prompt.frames), 0);
		return problem ?? (frames > MAX_FRAMES ? 'prompts: too many frames' : undefined);
	},
	keyOf: ({ headers }) => /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1],
	newJobId: ({ random }) => uuid(random),
	trackingIdOf: () => undefined,
	callbackUrlOf: ({ body }) => getPath(body, 'extra.webhook.url') as string | undefined,
	submitted: (job) => ({ status: 200, body: { task_id: job.id } }),
	fetched: (job, now, context) => ({ status: 200, body: result(job, now, context) }),
	error(kind, { message, retryAfterSeconds, status }) {
		const [code, reason, said] = ERRORS[kind];
		return {
			status: status ?? code,
			// Not documented; gateways before a service send it.
			...(retryAfterSeconds === undefined
				? {}
				: { headers: { 'retry-after': String(retryAfterSeconds) } }),
			body: { code: status ?? code, reason, message: message ?? said, metadata: {} },
		};
	},
	callback,
	models,
	requestsPerMinute: 2,
	callbackRetries: 5,
};

/** A version 4 UUID from a seeded generator. */
export function uuid(random: () => number): string {
	return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () =>
		Math.floor(random() * 16).toString(16),
	);
}
