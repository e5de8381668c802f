import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { modelslabV6, modelslabV6Ultra, modelslabV7 } from '../../../../providers/modelslab';
import type { Provider, RequestValues } from '../../../../providers/contract';
import { SCHEDULERS } from '../../../../providers/stableDiffusionApi/schedulers';
import {
	stableDiffusionEnterprise,
	stableDiffusionV4,
	stableDiffusionV5,
} from '../../../../providers/stableDiffusionApi';
import { isObject } from '../../../../providers/schema/wire';
import { ApiError, notFound } from '../../videos/errors.ts';
import { checkKey } from '../../http/bearer.ts';
import { baseUrlOf, estimate } from '../../http/context.ts';
import type { HttpContext } from '../../http/context.ts';
import { answerErrors } from '../../http/errors.ts';
import { countOpenJobs } from '../../store/statistics.ts';
import { isOpen } from '../../store/video.ts';
import { fileUrl } from '../../videos/fileUrl.ts';
import type { VideoRow } from '../../store/video.ts';
import { readValues } from '../readValues.ts';
import { acceptForms, bodyOf } from '../form.ts';
import { refuseOtherMethods } from '../../http/methods.ts';
import { knownModels } from '../../videos/models.ts';
import { stableDiffusionApiError } from './errors.ts';
import { modelslabToLocal, unusedByModelslab } from './modelslab.ts';
import { failed, fetched, finished, listedModel, processing, STILL_PROCESSING } from './replies.ts';
import { trainedToLocal, v5ToLocal } from './request.ts';

interface Endpoint {
	provider: Provider;
	toLocal: (values: RequestValues) => RequestValues;
	/** What is said of fields that no machine here has a use for. */
	unused?: (values: RequestValues) => string[];
	/** Where the reply sends its reader for the result. */
	fetchPath: (number: number) => string;
	/** How long a submit waits for the video itself, as the documented replies of some endpoints show it. */
	waitMs: number;
	emptyOutput: [] | '';
}

const WAIT_MS = 10_000;
const LOOK_EVERY_MS = 150;

const ENDPOINTS: Record<string, Endpoint> = {
	'/api/v5/text2video': {
		provider: stableDiffusionV5,
		toLocal: v5ToLocal,
		fetchPath: (number) => `/api/v3/fetch/${number}`,
		waitMs: WAIT_MS,
		emptyOutput: '',
	},
	'/api/v4/dreambooth/text2video': {
		provider: stableDiffusionV4,
		toLocal: trainedToLocal,
		fetchPath: (number) => `/api/v3/dreambooth/fetch/${number}`,
		waitMs: 0,
		emptyOutput: [],
	},
	'/api/v1/enterprise/text2video': {
		provider: stableDiffusionEnterprise,
		toLocal: trainedToLocal,
		fetchPath: (number) => `/api/v1/enterprise/fetch/${number}`,
		waitMs: WAIT_MS,
		emptyOutput: [],
	},
	'/api/v6/video/text2video': modelslab(modelslabV6, '/api/v6/video/fetch'),
	'/api/v6/video/text2video_ultra': modelslab(modelslabV6Ultra, '/api/v6/video/fetch'),
	'/api/v7/video-fusion/text-to-video': modelslab(modelslabV7, '/api/v7/video-fusion/fetch'),
};

function modelslab(provider: Provider, fetchPath: string): Endpoint {
	return {
		provider,
		toLocal: modelslabToLocal,
		unused: unusedByModelslab,
		fetchPath: (number) => `${fetchPath}/${number}`,
		waitMs: 0,
		emptyOutput: [],
	};
}

/**
 * Stable Diffusion API: v5, v4 dreambooth and Enterprise v1, and what they became at ModelsLab, v6 and v7. All POST,
 * with the key in the body.
 */
export async function stableDiffusionApiDialect(
	app: FastifyInstance,
	{ context }: { context: HttpContext },
): Promise<void> {
	answerErrors(app, (error) => ({ body: stableDiffusionApiError(error) }));
	await acceptForms(app);
	const refuseOthers = refuseOtherMethods(app);
	app.addHook('preValidation', async (request) => {
		const body = await bodyOf(request);
		if (body !== undefined && !isObject(body)) {
			throw new ApiError(400, 'invalid_request', 'The request body is not a JSON object.');
		}
		request.body = body;
	});
	app.addHook('preHandler', async (request) => await checkBodyKey(request, context));

	for (const [path, endpoint] of Object.entries(ENDPOINTS)) {
		app.post(path, async (request, reply) => submit(context, endpoint, request, reply));
	}
	for (const path of [
		'/api/v3/fetch/:id',
		'/api/v3/dreambooth/fetch/:id',
		'/api/v1/enterprise/fetch/:id',
		'/api/v6/video/fetch/:id',
		'/api/v7/video-fusion/fetch/:id',
	]) {
		app.route<{ Params: { id: string } }>({
			method: ASKING,
			url: path,
			handler: async (request) => await answer(context, request, request.params.id),
		});
	}
	for (const path of ['/api/v4/dreambooth/fetch', '/api/v1/enterprise/fetch']) {
		app.route({
			method: ASKING,
			url: path,
			handler: async (request) => await answer(context, request, given(request, 'request_id')),
		});
	}
	app.route({
		method: ASKING,
		url: '/api/v1/enterprise/schedulers_list',
		handler: async () => ({ schedulers: SCHEDULERS }),
	});
	app.route({
		method: ASKING,
		url: '/api/v4/dreambooth/model_list',
		handler: async () =>
			knownModels(await context.service.workers())
				.filter(({ kind }) => kind === 'checkpoint')
				.map(listedModel),
	});
	app.post('/api/v6/processing/request_count', async (request) => ({
		status: 'success',
		processing_count: await countOpenJobs(context.database, request.owner),
	}));
	refuseOthers();
}

/** Documented as POST; some of the documents' examples and clients of the provider ask by GET. */
const ASKING = ['GET', 'POST'];

/** A member of the body, or of the address where there is no body. */
function given(request: FastifyRequest, name: string): unknown {
	const from = isObject(request.body) ? request.body : request.query;
	return isObject(from) ? from[name] : undefined;
}

async function submit(
	context: HttpContext,
	endpoint: Endpoint,
	request: FastifyRequest,
	reply: FastifyReply,
): Promise<object> {
	const wanted = readValues(endpoint.provider, request.body);
	const baseUrl = baseUrlOf(context, request);
	const { video: created } = await context.service.create({
		values: endpoint.toLocal(wanted),
		warnings: endpoint.unused?.(wanted) ?? [],
		owner: request.owner,
		dialect: 'stableDiffusionApi',
		dialectData: { baseUrl },
	});
	const video = await settled(context, created, endpoint.waitMs, () => reply.raw.destroyed);
	const link = fileUrl(context, baseUrl, video);
	if (link !== undefined) return finished(video, link);
	if (!isOpen(video.status)) return failed(video);
	return processing(video, {
		etaSeconds: await estimate(context, video),
		fetchUrl: `${baseUrl}${endpoint.fetchPath(video.number)}`,
		emptyOutput: endpoint.emptyOutput,
	});
}

async function settled(
	context: HttpContext,
	video: VideoRow,
	waitMs: number,
	isGone: () => boolean,
): Promise<VideoRow> {
	const deadlineMs = performance.now() + waitMs;
	let latest = video;
	while (isOpen(latest.status) && performance.now() < deadlineMs && !isGone()) {
		await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
		latest = await context.service.get(video.owner, video.id);
	}
	return latest;
}

async function answer(context: HttpContext, request: FastifyRequest, id: unknown): Promise<object> {
	const number = /^\d{1,15}$/.test(String(id)) ? Number(id) : undefined;
	if (number === undefined) throw notFound('job with this id');
	const video = await context.service.getByNumber(request.owner, number);
	const link = fileUrl(context, baseUrlOf(context, request), video);
	if (link !== undefined) return fetched(video, link);
	return isOpen(video.status) ? STILL_PROCESSING : failed(video);
}

async function checkBodyKey(request: FastifyRequest, context: HttpContext): Promise<void> {
	const key = given(request, 'key') ?? undefined;
	if (key !== undefined && typeof key !== 'string') {
		throw new ApiError(
			400,
			'invalid_request',
			'The field key is not text. Give the API key, or "" where the server needs none.',
			{ field: 'key' },
		);
	}
	await checkKey(request, context, key, 'Invalid API key. Send it as "key" in the request body.');
}
