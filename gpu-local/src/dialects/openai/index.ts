import multipart from '@fastify/multipart';
import type { FastifyError, FastifyInstance } from 'fastify';
import { ApiError, notFound } from '../../videos/errors.ts';
import { knownModels, whyItWaits } from '../../videos/models.ts';
import { checkBearer } from '../../http/bearer.ts';
import type { ChangeFeed } from '../../http/changeFeed.ts';
import { baseUrlOf, estimate } from '../../http/context.ts';
import type { HttpContext } from '../../http/context.ts';
import { sendFile } from '../../http/sendFile.ts';
import { toApiError } from '../../http/errors.ts';
import type { ModelInfo } from '../../engines/engine.ts';
import type { VideoRow } from '../../store/video.ts';
import { isOpen } from '../../store/video.ts';
import { fileUrl } from '../../videos/fileUrl.ts';
import { MAX_PICTURE_BYTES } from '../../videos/picture.ts';
import { callbackRoutes } from './callbacks.ts';
import { sendEvents } from './events.ts';
import { readForm } from './form.ts';
import { readCreateVideo } from './request.ts';
import { idOfVideoId, videoIdOf, videoObject } from './videoObject.ts';

const MAX_FORM_FIELDS = 60;
const MAX_FORM_FIELD_BYTES = 256 * 1024;
/** A picture as a data URL is a third larger; and everything else. */
const MAX_BODY_BYTES = Math.ceil((MAX_PICTURE_BYTES * 4) / 3) + 1024 * 1024;
const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;

interface WithId {
	Params: { id: string };
}

/** OpenAI Videos: `/v1/videos` and `/v1/models`. */
export async function openaiDialect(
	app: FastifyInstance,
	{ context, feed }: { context: HttpContext; feed: ChangeFeed },
): Promise<void> {
	await app.register(multipart, {
		limits: {
			fields: MAX_FORM_FIELDS,
			fieldSize: MAX_FORM_FIELD_BYTES,
			files: 1,
			fileSize: MAX_PICTURE_BYTES,
		},
	});
	app.addHook('onRequest', async (request) => await checkBearer(request, context));
	app.setErrorHandler<FastifyError>(async (error, request, reply) => {
		const known = toApiError(error, request.log);
		const { retryAfterSeconds } = known.detail;
		if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
		return await reply.code(known.status).send(errorBody(known));
	});

	const { service } = context;
	const describe = async (video: VideoRow, baseUrl: string): Promise<object> =>
		videoObject(video, {
			url: fileUrl(context, baseUrl, video),
			etaSeconds: isOpen(video.status) ? await estimate(context, video) : undefined,
			waits:
				video.status === 'queued'
					? whyItWaits(await service.workers(), video.request.model)
					: undefined,
		});

	app.post('/v1/videos', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
		const body = request.isMultipart() ? await readForm(request) : request.body;
		const wanted = readCreateVideo(body);
		const baseUrl = baseUrlOf(context, request);
		const { video, created } = await service.create({
			...wanted,
			owner: request.owner,
			dialect: 'openai',
			dialectData: { baseUrl },
			...idempotencyKeyOf(request.headers['idempotency-key']),
		});
		if (!created) reply.header('idempotent-replayed', 'true');
		return await describe(video, baseUrl);
	});

	app.get<{ Querystring: Record<string, string> }>('/v1/videos', async (request) => {
		const { limit, order, after } = request.query;
		const page = await service.list({
			limit: readLimit(limit),
			order: order === 'asc' ? 'asc' : 'desc',
			owner: request.owner,
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

	app.get('/v1/videos/events', (request, reply) => {
		const { owner } = request;
		const baseUrl = baseUrlOf(context, request);
		sendEvents(request, reply, feed, {
			concerns: (video) => video.owner === owner,
			describe: (video) => describe(video, baseUrl),
		});
	});

	app.get<WithId>('/v1/videos/:id', async (request) =>
		describe(
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
			if (variant !== undefined && variant !== 'video') {
				throw new ApiError(
					400,
					'unsupported_field',
					`The variant ${variant} is not made here. Leave it out to get the video.`,
					{ field: 'variant' },
				);
			}
			const video = await service.get(request.owner, idIn(request.params.id));
			const name = `${videoIdOf(video.id)}.${video.request.output_format}`;
			return await sendFile(request, reply, context.artifacts, artifactOf(video), name);
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
}

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

const errorBody = ({ code, message, detail, status }: ApiError): object => ({
	error: {
		message,
		type: status >= 500 ? 'server_error' : 'invalid_request_error',
		param: detail.field ?? null,
		code,
	},
});
