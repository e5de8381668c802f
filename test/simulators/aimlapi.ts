/** AI/ML API `/v2/video/generations` and its legacy path as they are documented. No callbacks, no cancel. */
import { aimlapiPixverse } from '../../providers/aimlapi';
import { aimlapiAnyModel } from '../../providers/aimlapi/anyModel';
import type { JobStatus, JsonObject } from '../../providers/contract';
import { ofModel } from '../../providers/schema/ofModel';
import { getPath } from '../../providers/schema/wire';
import documents from './documents/aimlapi.json';
import { objection, type Document } from './documents/check';
import { uuid } from './novita';
import { snapshotAt } from './timeline';
import type { ErrorKind, FamilyContext, FamilySimulator, SimulatedJob, Snapshot } from './types';

const PIXVERSE_V5 = 'pixverse/v5/text-to-video';
const LIST_TAG = '"models-1"';

/** Made-up prices in the documented form. */
const PRICING = {
	kind: 'variants',
	dimensions: ['resolution'],
	variants: [
		{ when: { resolution: '360p' }, price: 0.03, unit: 'second', per: 1 },
		{ when: { resolution: '540p' }, price: 0.04, unit: 'second', per: 1 },
		{ when: { resolution: '720p' }, price: 0.06, unit: 'second', per: 1 },
		{ when: { resolution: '1080p' }, price: 0.12, unit: 'second', per: 1 },
	],
};

/** Cut to what a picker needs: one model of the catalogue, one that came later, one that ended. */
const VIDEO_MODELS = [
	{ id: 'bytedance/seedance-2-0', aliases: [], name: 'Seedance 2.0', developer: 'ByteDance' },
	{
		...{ id: 'google/veo-2.0-generate-001', aliases: ['veo2'] },
		...{ name: 'Veo 2 Text-to-Video', developer: 'Google' },
	},
	{
		...{ id: 'klingai/video-v4-pro-text-to-video', aliases: [] },
		...{ name: 'Kling 4 Pro', developer: 'Kling AI' },
	},
	{ id: 'openai/sora-2-t2v', aliases: ['sora-2-t2v'], name: 'Sora 2', developer: 'OpenAI' },
].map(({ id, aliases, name, developer }) => ({
	...{ id, aliases, type: 'internal/video-generations/submit' },
	info: { name, developer, docsUrl: `https://docs.aimlapi.com/api-references/${id}` },
}));

const PATHS = ['/v2/video/generations', '/v2/generate/video/pixverse/generation'];

const STATUSES: Record<JobStatus, string> = {
	queued: 'queued',
	processing: 'generating',
	succeeded: 'completed',
	failed: 'error',
	cancelled: 'error',
};

const ERRORS: Record<ErrorKind, [status: number, message: string]> = {
	invalidKey: [401, 'Invalid API key'],
	invalidRequest: [400, 'Invalid payload provided'],
	modelUnknown: [404, 'Model not found'],
	noCredit: [403, 'You have run out of credits'],
	notFound: [404, 'Generation not found'],
	promptRefused: [400, 'The prompt was rejected by content moderation'],
	rateLimited: [429, 'Too many requests'],
	serverError: [500, 'Internal server error'],
};

/** Of any video, whatever the list says: failed ones are charged nothing, which no reply shows. */
export const CHARGED_USD = 0.42;
const CREDITS = 840_000;

function modelList(query: URLSearchParams): JsonObject {
	const id = query.get('id');
	const pixverse = { id: 'pixverse/v5-text-to-video', aliases: ['pixverse/v5/text-to-video'] };
	const isPixverse = id === null || id === pixverse.id || pixverse.aliases.includes(id);
	const models = isPixverse ? [pixverse] : id in documents ? [{ id, aliases: [] }] : [];
	return { object: 'list', data: models.map((model) => ({ ...model, ...pricingIn(query) })) };
}

const asked = (query: URLSearchParams, name: string): string[] =>
	query.getAll(name).flatMap((values) => values.split(','));

/** Only where it is asked for. */
const pricingIn = (query: URLSearchParams): JsonObject =>
	asked(query, 'include').some((what) => ['all', 'pricing'].includes(what))
		? { pricing: PRICING }
		: {};

const listOf = (query: URLSearchParams): JsonObject => ({
	object: 'list',
	data: asked(query, 'output_modalities').includes('video')
		? VIDEO_MODELS.map((model) => ({ ...model, ...pricingIn(query) }))
		: [],
});

/** One row a request, newest first; failed ones too, which cost nothing. */
const log = ({ logged, logsTwice, chargeFactor, nowMs }: FamilyContext): JsonObject => ({
	data: logged
		.filter(({ family }) => family === 'aimlapi')
		.flatMap((job) => (logsTwice ? [job, { ...job, id: `other-${job.id}` }] : [job]))
		.map((job) => {
			const failed = snapshotAt(job, nowMs).status === 'failed';
			const factor = failed ? 0 : chargeFactor;
			return {
				created: new Date(job.acceptedAtMs).toISOString(),
				status: failed ? 'failed' : 'succeeded',
				origin: 'api',
				model: String(job.request.model),
				cost: { usd: CHARGED_USD * factor, credits: CREDITS * factor },
				request_id: `request-${job.id}`,
				inference_id: job.id,
				client_request_id: job.trackingId ?? null,
			};
		})
		.reverse(),
});

/** Ids came with the model behind a colon, and with `tokens_used`, before they were short, and it `credits_used`. */
const isOfOldKind = ({ id }: SimulatedJob): boolean => id.includes(':');

const usageOf = (job: SimulatedJob, factor: number): JsonObject => ({
	usage: { [isOfOldKind(job) ? 'tokens_used' : 'credits_used']: CREDITS * factor },
});

/** As the schema has it, or in the words of documented runs that the schema has not. */
function statusWord(job: SimulatedJob, { status }: Snapshot): string {
	const printed: Partial<Record<JobStatus, string>> = { queued: 'waiting', succeeded: 'succeeded' };
	return (job.seed % 2 === 1 ? printed[status] : undefined) ?? STATUSES[status];
}

export const aimlapi: FamilySimulator = {
	family: 'aimlapi',
	route({ method, path, query, body }) {
		if (method === 'GET' && ['/v2/billing', '/v2/logs'].includes(path)) return { call: 'account' };
		// Local GPU has a list at the same path; this one is asked with `include`.
		if (method === 'GET' && path === '/v1/models' && query.has('include')) {
			const isList = query.has('output_modalities');
			return { call: isList ? 'models' : 'account', keyless: true };
		}
		if (method === 'GET' && path === '/models/metrics') return { call: 'account', keyless: true };
		if (!PATHS.includes(path)) return undefined;
		if (method === 'POST') {
			const model = getPath(body, 'model');
			const own = path !== PATHS[0] || model === undefined || model === PIXVERSE_V5;
			return {
				call: 'submit',
				provider: own ? aimlapiPixverse : ofModel(aimlapiAnyModel, { model }),
			};
		}
		return method === 'GET'
			? { call: 'fetch', jobId: query.get('generation_id') ?? '' }
			: undefined;
	},
	objection({ body }) {
		const { model, ...fields } = body as JsonObject;
		if (typeof model !== 'string') return 'model: Required';
		const document = (documents as Record<string, Document>)[model];
		if (!document) return undefined;
		if (model === PIXVERSE_V5 && fields.resolution === '1080p' && fields.duration === 8) {
			return 'duration: 8 can not be combined with resolution 1080p';
		}
		const both = fields.prompt !== undefined && fields.multi_prompt !== undefined;
		return objection(document, fields) ?? (both ? 'Either prompt or multi_prompt' : undefined);
	},
	models: ({ headers, query }) =>
		headers['if-none-match'] === LIST_TAG
			? { status: 304, body: '' }
			: { status: 200, headers: { etag: LIST_TAG }, body: listOf(query) },
	keyOf: ({ headers }) => /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1],
	// Both documented kinds: with the model behind a colon, and short.
	newJobId: ({ random }) =>
		random() < 0.5
			? `${uuid(random)}:pixverse/v5/text-to-video`
			: Buffer.from(uuid(random)).toString('base64url').slice(0, 21),
	// Any other is silently dropped.
	trackingIdOf: ({ headers }) =>
		/^[A-Za-z0-9._:-]{1,128}$/.exec(headers['x-client-request-id'] ?? '')?.[0],
	callbackUrlOf: () => undefined,
	submitted: (job, _now, { chargeFactor }) => ({
		status: isOfOldKind(job) ? 201 : 200,
		headers: {
			'x-inference-id': job.id,
			'x-aimlapi-credits-used': String(CREDITS * chargeFactor),
			'x-aimlapi-usd-spent': String(CHARGED_USD * chargeFactor),
			...(job.trackingId ? { 'x-client-request-id': job.trackingId } : {}),
		},
		body: { id: job.id, status: 'queued', meta: usageOf(job, chargeFactor) },
	}),
	fetched(job, now, context) {
		const done = now.status === 'succeeded';
		const failed = now.status === 'failed' || now.status === 'cancelled';
		const body: JsonObject = {
			id: job.id,
			status: statusWord(job, now),
			video: done
				? {
						url: context.fileUrl(job, { folder: 'eagle/files/penguin' }),
						...{ content_type: 'video/mp4', file_name: 'output.mp4', file_size: 7105 },
					}
				: null,
			error: failed ? { name: 'GenerationError', message: now.reason || 'Failed' } : null,
			meta: done ? usageOf(job, context.chargeFactor) : null,
		};
		// The schema has every member, `null` for none; the printed replies of old ids leave those out.
		const printed = Object.entries(body).filter(
			([name, value]) => value !== null && name !== 'meta',
		);
		return { status: 200, body: isOfOldKind(job) ? Object.fromEntries(printed) : body };
	},
	error(kind, { message, path = '/', retryAfterSeconds, status }, { nowMs, random }) {
		const [code, said] = ERRORS[kind];
		return {
			status: status ?? code,
			// Not documented; gateways before a service send it.
			...(retryAfterSeconds === undefined
				? {}
				: { headers: { 'retry-after': String(retryAfterSeconds) } }),
			body: {
				// What is wrong with a field stands beside the message.
				message: kind === 'invalidRequest' ? said : (message ?? said),
				...(kind === 'invalidRequest' && message ? { details: [message] } : {}),
				path,
				requestId: uuid(random),
				statusCode: String(status ?? code),
				timestamp: new Date(nowMs).toISOString(),
			},
		};
	},
	account({ path, query }, context) {
		if (path === '/v2/billing') {
			return { status: 200, body: { current_balance: 123.45, currency: 'USD' } };
		}
		// No successful request of the model in the window.
		if (path === '/models/metrics') return { status: 200, body: { models: [] } };
		return {
			status: 200,
			body: path === '/v1/models' ? modelList(query) : log(context),
		};
	},
};
