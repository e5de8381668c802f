import type { FastifyInstance, FastifyReply } from 'fastify';
import { isObject } from '../../../../providers/schema/wire';
import { ApiError, notFound } from '../../videos/errors.ts';
import { knownModels, shorten, whyItWaits } from '../../videos/models.ts';
import { checkBearer } from '../../http/bearer.ts';
import type { ChangeFeed } from '../../http/changeFeed.ts';
import { baseUrlOf, estimate } from '../../http/context.ts';
import type { HttpContext } from '../../http/context.ts';
import { refuseOtherMethods } from '../../http/methods.ts';
import { sendFile } from '../../http/sendFile.ts';
import { answerErrors } from '../../http/errors.ts';
import type { ModelInfo } from '../../engines/engine.ts';
import { queuePlaces } from '../../store/statistics.ts';
import type { VideoRow, VideoStatus } from '../../store/video.ts';
import { isOpen } from '../../store/video.ts';
import { fileUrl } from '../../videos/fileUrl.ts';
import { STILLS, type Still } from '../../videos/stills.ts';
import { unsupportedFields } from '../../videos/request.ts';
import { MAX_PICTURE_BYTES } from '../../videos/picture.ts';
import { acceptForms, bodyOf } from '../form.ts';
import { callbackRoutes } from './callbacks.ts';
import { sendEvents } from './events.ts';
import { openaiError } from './errors.ts';
import { readCreateVideo } from './request.ts';
import { idOfVideoId, STATUS_WORDS, statusOf, videoIdOf, videoObject } from './videoObject.ts';

/** A picture as a data URL is a third larger; and everything else. */
const MAX_BODY_BYTES = Math.ceil((MAX_PICTURE_BYTES * 4) / 3) + 1024 * 1024;
const MAX_PROMPT = 32_000;
const SHORTEST_POLL_MS = 250;
const USUAL_POLL_MS = 1000;
const LONGEST_POLL_MS = 10_000;
const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;
const MAX_PLACES = 1000;

interface WithId {
	Params: { id: string };
}

/** OpenAI Videos: `/v1/videos` and `/v1/models`. */
export async function openaiDialect(
	app: FastifyInstance,
	{ context, feed }: { context: HttpContext; feed: ChangeFeed },
): Promise<void> {
	await acceptForms(app);
	const refuseOthers = refuseOtherMethods(app);
	app.addHook('onRequest', async (request) => await checkBearer(request, context));
	answerErrors(app, (error) => ({ body: openaiError(error) }));

	const { service } = context;
	const describe = async (video: VideoRow, baseUrl: string): Promise<Record<string, unknown>> =>
		videoObject(video, {
			url: fileUrl(context, baseUrl, video),
			etaSeconds: isOpen(video.status) ? await estimate(context, video) : undefined,
			waits:
				video.status === 'queued'
					? whyItWaits(await service.workers(), video.request.model)
					: undefined,
		});

	const answer = async (reply: FastifyReply, video: VideoRow, baseUrl: string): Promise<object> => {
		const described = await describe(video, baseUrl);
		if (isOpen(video.status)) {
			reply.header('openai-poll-after-ms', pollAfterMs(described.eta_seconds));
		}
		return described;
	};

	app.post('/v1/videos', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
		const wanted = readCreateVideo(await bodyOf(request));
		const baseUrl = baseUrlOf(context, request);
		const { video, created } = await service.create({
			...wanted,
			owner: request.owner,
			dialect: 'openai',
			dialectData: { baseUrl },
			...idempotencyKeyOf(request.headers['idempotency-key']),
		});
		if (!created) reply.header('idempotent-replayed', 'true');
		return await answer(reply, video, baseUrl);
	});

	app.post('/v1/videos/estimate', { bodyLimit: MAX_BODY_BYTES }, async (request) => {
		const { values } = readCreateVideo(await bodyOf(request));
		const { model, queue, work } = await service.measure(values);
		const seconds = await context.estimator.runSeconds(queue, work);
		// `null` before the first run of the model.
		return { object: 'video.estimate', model, seconds: seconds ?? null };
	});

	app.post<WithId>('/v1/videos/:id/remix', async (request, reply) => {
		const prompt = readRemix(await bodyOf(request));
		const { video, created } = await service.remix(request.owner, idIn(request.params.id), {
			prompt,
			...idempotencyKeyOf(request.headers['idempotency-key']),
		});
		if (!created) reply.header('idempotent-replayed', 'true');
		return await answer(reply, video, baseUrlOf(context, request));
	});

	for (const [path, what] of Object.entries(NOT_MADE_HERE)) {
		app.post(path, async () => {
			throw new ApiError(
				400,
				'unsupported_operation',
				`${what} is not possible here: no engine of this server can. A video with the same settings and another prompt: POST /v1/videos/{id}/remix.`,
			);
		});
	}

	app.get<{ Querystring: Record<string, string> }>('/v1/videos', async (request) => {
		const { limit, order, after, status, query } = request.query;
		const page = await service.list({
			limit: readLimit(limit),
			order: readOrder(order),
			owner: request.owner,
			...(status === undefined || status === '' ? {} : { statuses: readStatuses(status) }),
			...(query === undefined || query === '' ? {} : { search: query }),
			...(after === undefined ? {} : { after: idIn(after) }),
		});
		const baseUrl = baseUrlOf(context, request);
		return {
			object: 'list',
			data: await Promise.all(page.rows.map((video) => describe(video, baseUrl))),
			first_id: page.rows[0] ? videoIdOf(page.rows[0].id) : null,
			last_id: page.rows.length > 0 ? videoIdOf(page.rows.at(-1)!.id) : null,
			has_more: page.more,
		};
	});

	/** Where the caller's waiting jobs stand. */
	app.get('/v1/queue', async (request) => {
		const places = await queuePlaces(context.database, request.owner, MAX_PLACES);
		return {
			object: 'list',
			data: places.map(({ id, place, of }) => ({ id: videoIdOf(id), place, of })),
		};
	});

	app.get('/v1/videos/events', (request, reply) => {
		const { owner } = request;
		const baseUrl = baseUrlOf(context, request);
		sendEvents(request, reply, feed, {
			concerns: (video) => video.owner === owner,
			describe: (video) => describe(video, baseUrl),
		});
	});

	app.get<WithId>('/v1/videos/:id', async (request, reply) =>
		answer(
			reply,
			await service.get(request.owner, idIn(request.params.id)),
			baseUrlOf(context, request),
		),
	);

	app.get<WithId>('/v1/videos/:id/events', async (request, reply) => {
		const { owner } = request;
		const { id } = await service.get(owner, idIn(request.params.id));
		const baseUrl = baseUrlOf(context, request);
		sendEvents(request, reply, feed, {
			one: async () => await service.get(owner, id),
			concerns: (video) => video.id === id,
			describe: (video) => describe(video, baseUrl),
		});
	});

	app.get<WithId & { Querystring: { variant?: string } }>(
		'/v1/videos/:id/content',
		async (request, reply) => {
			const { variant } = request.query;
			const wanted = readVariant(variant);
			const video = await service.get(request.owner, idIn(request.params.id));
			const name = `${videoIdOf(video.id)}.${video.request.output_format}`;
			const artifact = artifactOf(video);
			if (wanted === 'video') {
				return await sendFile(request, reply, context.artifacts, artifact, name);
			}
			return await reply.type('image/jpeg').send(await context.stills.of(artifact, wanted));
		},
	);

	app.delete<WithId>('/v1/videos/:id', async (request) => {
		await service.remove(request.owner, idIn(request.params.id));
		return { id: request.params.id, object: 'video.deleted', deleted: true };
	});

	app.post<WithId>('/v1/videos/:id/cancel', async (request) =>
		describe(
			await service.cancel(request.owner, idIn(request.params.id)),
			baseUrlOf(context, request),
		),
	);

	app.post<WithId>('/v1/videos/:id/retry', async (request) =>
		describe(
			await service.retry(request.owner, idIn(request.params.id)),
			baseUrlOf(context, request),
		),
	);

	callbackRoutes(app, context);

	app.get<{ Querystring: { type?: string; query?: string } }>('/v1/models', async (request) => {
		const { type, query } = request.query;
		const models = knownModels(await service.workers())
			.filter(({ kind }) => type === undefined || kind === (KINDS[type] ?? type))
			.filter(({ id, title }) =>
				`${id} ${title}`.toLowerCase().includes((query ?? '').toLowerCase()),
			);
		return { object: 'list', data: models.map(modelObject) };
	});

	app.get<WithId>('/v1/models/:id', async (request) => {
		const { id } = request.params;
		const model = knownModels(await service.workers()).find((each) => each.id === id);
		if (model) return modelObject(model);
		throw new ApiError(
			404,
			'model_not_found',
			`There is no model ${JSON.stringify(shorten(id))} here. GET /v1/models lists those that there are.`,
			{ field: 'model' },
		);
	});
	refuseOthers();
}

/** What OpenAI's API can do with videos beside making them. */
const NOT_MADE_HERE = {
	'/v1/videos/edits': 'Editing a video',
	'/v1/videos/extensions': 'Extending a video',
	'/v1/videos/characters': 'Making a character',
};

const KINDS: Record<string, ModelInfo['kind']> = { model: 'checkpoint' };

function modelObject(model: ModelInfo): object {
	return {
		id: model.id,
		object: 'model',
		created: 0,
		owned_by: 'gpu-local',
		name: model.title,
		type: model.kind === 'checkpoint' ? 'model' : model.kind,
		family: model.family,
		...(model.baseModel ? { description: model.baseModel } : {}),
		...(model.available === false
			? { available: false, unavailable_reason: model.unavailableReason ?? null }
			: { available: true }),
		defaults: model.defaults ?? {},
		// What a form for this model needs to know; left out where every value goes.
		...(model.supports ? { unsupported: unsupportedFields(model.supports) } : {}),
		...(model.requires ? { requires: model.requires } : {}),
		...(model.schedulers ? { schedulers: model.schedulers } : {}),
	};
}

function artifactOf(video: VideoRow) {
	if (video.artifact) return video.artifact;
	if (video.status === 'expired') {
		throw new ApiError(
			410,
			'expired',
			`The file of the video ${videoIdOf(video.id)} was removed when its time was up. Make the video again.`,
		);
	}
	throw new ApiError(
		isOpen(video.status) ? 409 : 404,
		'not_ready',
		isOpen(video.status)
			? `The video ${videoIdOf(video.id)} is not ready yet (${video.status}). Ask again later.`
			: `The video ${videoIdOf(video.id)} has no file: the job ${video.status}. ${video.error?.message ?? ''}`.trim(),
	);
}

function idIn(text: string): string {
	const id = idOfVideoId(text);
	if (id === undefined) throw notFound('video with this id');
	return id;
}

/** One status, or several with commas between them. */
function readStatuses(text: string): VideoStatus[] {
	return text.split(',').map((word) => {
		const status = statusOf(word.trim());
		if (status !== undefined) return status;
		throw new ApiError(
			400,
			'invalid_request',
			`status is "${word}". Give one or several of: ${STATUS_WORDS.join(', ')}.`,
			{ field: 'status' },
		);
	});
}

function readLimit(text: string | undefined): number {
	const limit = text === undefined ? DEFAULT_PAGE : Number(text);
	if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return limit;
	throw new ApiError(
		400,
		'invalid_request',
		`limit must be a whole number from 1 to ${MAX_PAGE}.`,
		{
			field: 'limit',
		},
	);
}

function readOrder(text: string | undefined): 'asc' | 'desc' {
	if (text === undefined || text === 'desc') return 'desc';
	if (text === 'asc') return 'asc';
	throw new ApiError(
		400,
		'invalid_request',
		`order is ${JSON.stringify(shorten(text))}, which is not allowed. Give asc or desc.`,
		{ field: 'order' },
	);
}

function readVariant(text: string | undefined): 'video' | Still {
	if (text === undefined || text === '' || text === 'video') return 'video';
	const still = STILLS.find((each) => each === text);
	if (still) return still;
	throw new ApiError(
		400,
		'invalid_request',
		`variant is ${JSON.stringify(shorten(text))}, which is not allowed. Give video, thumbnail, spritesheet or last_frame.`,
		{ field: 'variant' },
	);
}

function readRemix(body: unknown): string {
	const prompt = isObject(body) ? body.prompt : undefined;
	if (typeof prompt === 'string' && prompt.trim() !== '' && prompt.length <= MAX_PROMPT) {
		return prompt;
	}
	throw new ApiError(
		400,
		'invalid_request',
		`prompt is missing or too long. Give what the new video should show, at most ${MAX_PROMPT} characters.`,
		{ field: 'prompt' },
	);
}

/** OpenAI's clients ask again after so long: sooner where little is left. */
const pollAfterMs = (etaSeconds: unknown): number =>
	typeof etaSeconds === 'number'
		? Math.min(LONGEST_POLL_MS, Math.max(SHORTEST_POLL_MS, Math.round((etaSeconds * 1000) / 4)))
		: USUAL_POLL_MS;

function idempotencyKeyOf(header: string | string[] | undefined): { idempotencyKey?: string } {
	if (header === undefined || header === '') return {};
	if (typeof header === 'string' && header.length <= 255) return { idempotencyKey: header };
	throw new ApiError(
		400,
		'invalid_request',
		'The Idempotency-Key header must be one text of at most 255 characters.',
		{ field: 'Idempotency-Key' },
	);
}
