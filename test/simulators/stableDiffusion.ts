/** Stable Diffusion API (v5, v4, Enterprise v1) and ModelsLab (v6, v7) as they are documented. */
import type { JsonObject, Provider } from '../../providers/contract';
import { modelslabV6, modelslabV6Ultra, modelslabV7 } from '../../providers/modelslab';
import { SCHEDULERS } from '../../providers/stableDiffusionApi/schedulers';
import {
	stableDiffusionEnterprise,
	stableDiffusionV4,
	stableDiffusionV5,
} from '../../providers/stableDiffusionApi';
import { ofModel } from '../../providers/schema/ofModel';
import { isObject } from '../../providers/schema/wire';
import { objection, type Document } from './documents/check';
import { documentedModels } from './documents/modelslab';
import { endpoints } from './documents/stableDiffusion';
import type {
	Answer,
	ErrorDetail,
	ErrorKind,
	FamilyContext,
	FamilySimulator,
	Incoming,
	Route,
	SimulatedJob,
	Snapshot,
} from './types';
import { rough } from './timeline';

interface Endpoint {
	provider: Provider;
	/** Path of the fetch, with the id at its end; a path without a slash at its end takes `request_id`. */
	fetch: string[];
	/** The newer generation speaks with HTTP statuses, the older with 200 and an error body. */
	modern: boolean;
}

const ENDPOINTS: Record<string, Endpoint> = {
	'/api/v5/text2video': { provider: stableDiffusionV5, fetch: ['/api/v3/fetch/'], modern: false },
	'/api/v4/dreambooth/text2video': {
		provider: stableDiffusionV4,
		fetch: ['/api/v3/dreambooth/fetch/', '/api/v4/dreambooth/fetch'],
		modern: false,
	},
	'/api/v1/enterprise/text2video': {
		provider: stableDiffusionEnterprise,
		fetch: ['/api/v1/enterprise/fetch'],
		modern: false,
	},
	'/api/v6/video/text2video': {
		provider: modelslabV6,
		fetch: ['/api/v6/video/fetch/'],
		modern: true,
	},
	'/api/v6/video/text2video_ultra': {
		provider: modelslabV6Ultra,
		fetch: ['/api/v6/video/fetch/'],
		modern: true,
	},
	'/api/v7/video-fusion/text-to-video': {
		provider: modelslabV7,
		fetch: ['/api/v7/video-fusion/fetch/'],
		modern: true,
	},
};

/** What is needed at v7 whatever the model. */
const NEWEST: Document = {
	model_id: { type: 'string', minLength: 1, required: true },
	prompt: { type: 'string', minLength: 1, required: true },
};

const MODEL_SEARCH = '/api/v6/model-search';
/** One of the catalogue, one that came since, two that are not for a prompt. */
const FOUND: JsonObject[] = [
	{ model_id: 'veo-3.1', name: 'Veo 3.1', feature: 'video_fusion' },
	{ model_id: 'kling-v4-t2v', name: 'Kling 4', feature: 'video_fusion' },
	{ model_id: 'kling-v4-i2v', name: 'Kling 4 Image to Video', feature: 'video_fusion' },
	{ model_id: 'sora-3', name: 'Sora 3', feature: 'video_fusion' },
];
const MODELS = [{ model_id: 'midjourney', model_name: 'Midjourney', status: 'model_ready' }];

const ACCOUNT_PATHS = [
	'/api/v1/enterprise/schedulers_list',
	'/api/wallet_balance',
	'/api/v6/processing/request_count',
	'/api/assets_generated',
];

function account({ path }: Incoming, { logged, url, nowMs, hasQueueLimit }: FamilyContext): Answer {
	const mine = logged.filter(({ family }) => family === 'stableDiffusion');
	switch (path) {
		case '/api/wallet_balance':
			return ok({ status: 'success', data: { balance: 43.6, currency: 'USD' } });
		case '/api/v6/processing/request_count': {
			const open = mine.filter(
				(job) => hasQueueLimit && !job.forced && job.acceptedAtMs + job.durationMs > nowMs,
			);
			return ok({ status: 'success', processing_count: open.length, message: 'In the queue' });
		}
		case '/api/assets_generated':
			return ok({
				status: 'success',
				type: 'video',
				data: mine.map(({ id }) => ({ id: Number(id), output: [`${url}/${id}.mp4`] })).reverse(),
				pagination: { current_page: 1, per_page: 10, total: mine.length, last_page: 1 },
			});
		default:
			return ok({ schedulers: SCHEDULERS.filter((name) => name !== 'LCMScheduler') });
	}
}

const endpointOf = (job: SimulatedJob): Endpoint =>
	Object.values(ENDPOINTS).find(({ provider }) => provider.id === job.provider)!;

/** Those that answer a submit with the result where it is ready at once, as their documented examples do. */
const SYNCHRONOUS = new Set([stableDiffusionV5.id, stableDiffusionEnterprise.id]);

function route({ method, path, body }: Incoming): Route | undefined {
	if (method === 'GET' && path === MODEL_SEARCH) return { call: 'models' };
	if (method !== 'POST') return undefined;
	const endpoint = ENDPOINTS[path];
	if (endpoint) {
		const values = isObject(body) ? body : {};
		return { call: 'submit', provider: ofModel(endpoint.provider, values) };
	}
	// In no document of the two; seen in their clients, and it costs nothing: what our credentials are tested with.
	if (path === '/api/v4/dreambooth/model_list') return { call: 'models' };
	if (ACCOUNT_PATHS.includes(path)) return { call: 'account' };
	const named = /^(.*\/fetch\/)([^/]+)$/.exec(path);
	const prefix = named?.[1] ?? path;
	const asked = Object.values(ENDPOINTS).filter(({ fetch }) => fetch.includes(prefix));
	if (asked.length === 0) return undefined;
	const jobId = named
		? decodeURIComponent(named[2]!)
		: isObject(body)
			? String(body.request_id)
			: '';
	// v6 has one fetch for two submits.
	return { call: 'fetch', jobId, ...(asked.length === 1 ? { provider: asked[0]!.provider } : {}) };
}

function submitted(job: SimulatedJob, now: Snapshot, context: FamilyContext): Answer {
	if (now.status === 'succeeded' && SYNCHRONOUS.has(job.provider)) {
		return ok({
			status: 'success',
			generationTime: 8.905120134353638,
			id: idIn(job),
			output: [context.fileUrl(job)],
		});
	}
	const { modern, fetch } = endpointOf(job);
	const v5 = job.provider === stableDiffusionV5.id;
	const future: JsonObject = v5 || modern ? { future_links: [context.fileUrl(job)] } : {};
	const path = fetch[0]!;
	// The one reply of v7 that was printed has no id of its own.
	const nameless = job.provider === modelslabV7.id && job.seed % 3 === 0;
	return ok({
		status: 'processing',
		tip: 'for faster speed, keep resolution upto 512x512',
		eta: rough(job, now.etaSeconds) || 1,
		[modern ? 'message' : 'messege']: 'Try to fetch request after given estimated time',
		fetch_result: `${context.fetchBase}${path}${path.endsWith('/') ? job.id : ''}`,
		...(nameless ? NOTHING : { id: idIn(job) }),
		output: v5 ? '' : [],
		...future,
		...(nameless ? NOTHING : { meta: metaOf(job, modern) }),
	});
}

function metaOf(job: SimulatedJob, modern: boolean): JsonObject {
	const { webhook = null, track_id = null, ...request } = job.request;
	const size: JsonObject = modern
		? { width: Number(request.width ?? 512), height: Number(request.height ?? 512) }
		: { W: Number(request.width ?? 512), H: Number(request.height ?? 512) };
	// The older ones tell what they made of the request: other steps and strength than were asked for, a longer prompt.
	const rewritten: JsonObject = modern
		? { prompt: String(request.prompt) }
		: {
				prompt: `mdjrny-v4 style ${String(request.prompt)}, highly detailed`,
				...{ steps: 20, strength: 0.55, seconds: 5, num_frames: 40, guidance_scale: 7.5 },
			};
	return {
		...rewritten,
		negative_prompt: request.negative_prompt ?? '',
		...(request.model_id ? { model_id: request.model_id } : NOTHING),
		...size,
		seed: typeof request.seed === 'number' ? request.seed : job.seed,
		...(modern ? { id: job.id, track_id, webhook, temp: request.temp ? 'yes' : 'no' } : NOTHING),
		file_prefix: 'd06b5499-eb10-4292-8256-9c269c36199f',
	};
}

/** The id was seen as a number and as a text. */
const idIn = (job: SimulatedJob): number | string => (job.seed % 2 === 0 ? Number(job.id) : job.id);

/** Seen in all of these forms: the id absent, the output a list or the address itself, or none but in another place. */
function resultOf(job: SimulatedJob, url: string): JsonObject {
	const { modern } = endpointOf(job);
	const proxied: JsonObject = modern ? { proxy_links: [url] } : NOTHING;
	const forms: JsonObject[] = [
		{ id: idIn(job), output: [url], ...proxied },
		{ output: url, ...proxied },
		modern ? { id: idIn(job), output: '', ...proxied } : { id: '', output: [], links: [url] },
		...(job.provider === modelslabV7.id ? [{ id: idIn(job), output_url: url }] : []),
	];
	return forms[job.seed % forms.length]!;
}

function fetched(job: SimulatedJob, now: Snapshot, context: FamilyContext): Answer {
	const { modern } = endpointOf(job);
	if (now.status === 'succeeded') {
		return ok({ status: 'success', ...resultOf(job, context.fileUrl(job)) });
	}
	if (now.status === 'failed') {
		return ok({ status: 'failed', id: '', message: now.reason || 'Failed, Try Again', output: '' });
	}
	return ok({
		status: 'processing',
		[modern ? 'message' : 'messege']: 'try again later.',
		output: '',
		tip: 'Your request is being processed',
	});
}

function error(kind: ErrorKind, detail: ErrorDetail, _context: FamilyContext): Answer {
	const modern = /\/api\/v[67]\//.test(detail.path ?? '');
	const say = (status: number, message: unknown, more: JsonObject = {}): Answer => ({
		status: detail.status ?? (modern || status >= 500 ? status : 200),
		body: { status: 'error', message: detail.message ?? message, ...more },
	});
	switch (kind) {
		case 'invalidKey':
			return say(401, modern ? 'Invalid API key' : 'Invalid Api Key', {
				tip: 'Get one at the dashboard',
			});
		case 'invalidRequest':
			return say(400, { prompt: ['The prompt field is required.'] });
		case 'modelUnknown':
			return say(404, modern ? 'Model not found: nothing' : 'Model id not found');
		case 'noCredit':
			return say(402, 'Insufficient credits. Please add credit to your account.');
		case 'notFound':
			// No document shows the words for a job that is not known.
			return say(404, 'Request not found');
		case 'promptRefused':
			return say(400, 'NSFW content detected in the prompt');
		case 'rateLimited':
			return rateLimited(detail);
		case 'serverError':
			return say(500, 'Server Error');
	}
}

/** The newer form says how long to wait; the older one does not. */
function rateLimited({ retryAfterSeconds, status }: ErrorDetail): Answer {
	if (retryAfterSeconds === undefined && status === undefined) {
		return ok({ status: 'error', messege: 'Rate limit exceeded', tips: 'Try again in a while' });
	}
	const message = 'Rate limit exceeded. Maximum 5 queued requests allowed.';
	const wait = retryAfterSeconds === undefined ? {} : { retry_after: retryAfterSeconds };
	return { status: status ?? 429, body: { status: 'error', message, ...wait } };
}

function callback(job: SimulatedJob, now: Snapshot, context: FamilyContext): JsonObject {
	const track = { track_id: job.trackingId ?? null };
	if (now.status === 'succeeded') {
		return {
			status: 'success',
			id: idIn(job),
			output: [context.fileUrl(job)],
			generationTime: 45.2,
			...track,
			meta: metaOf(job, endpointOf(job).modern),
		};
	}
	if (now.status === 'failed') {
		return {
			status: 'failed',
			id: idIn(job),
			message: `Processing failed: ${now.reason}`,
			...track,
		};
	}
	return { status: 'processing', id: idIn(job), eta: now.etaSeconds, ...track };
}

const text = (value: unknown): string | undefined =>
	typeof value === 'string' && value !== '' ? value : undefined;
const member = ({ body }: Incoming, name: string): string | undefined =>
	isObject(body) ? text(body[name]) : undefined;
const NOTHING: JsonObject = {};
const ok = (body: JsonObject): Answer => ({ status: 200, body });

export const stableDiffusion: FamilySimulator = {
	family: 'stableDiffusion',
	holdsQueue: true,
	route,
	objection({ path, body }) {
		const given = body as JsonObject;
		const document = endpoints[path] ?? {
			...NEWEST,
			...documentedModels[String(given.model_id)],
		};
		// Members that no page has are paid no heed to.
		const known = Object.entries(given).filter(([name]) => name in document);
		return objection(document, Object.fromEntries(known));
	},
	keyOf: (incoming) =>
		incoming.path === MODEL_SEARCH
			? (incoming.query.get('key') ?? undefined)
			: member(incoming, 'key'),
	newJobId: ({ random }) => String(10_000_000 + Math.floor(random() * 90_000_000)),
	trackingIdOf: (incoming) => member(incoming, 'track_id'),
	callbackUrlOf: (incoming) => member(incoming, 'webhook'),
	submitted,
	fetched,
	error,
	callback,
	models: ({ path }) => ({
		status: 200,
		body: path === MODEL_SEARCH ? { status: 'success', data: FOUND } : MODELS,
	}),
	account,
};
