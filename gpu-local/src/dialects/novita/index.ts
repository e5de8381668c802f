import type { FastifyInstance } from 'fastify';
import { novita } from '../../../../providers/novita';
import { ApiError, notFound } from '../../videos/errors.ts';
import { knownModels, shorten } from '../../videos/models.ts';
import type { ModelInfo } from '../../engines/engine.ts';
import { checkBearer } from '../../http/bearer.ts';
import { baseUrlOf, estimate } from '../../http/context.ts';
import type { HttpContext } from '../../http/context.ts';
import { answerErrors } from '../../http/errors.ts';
import { isOpen } from '../../store/video.ts';
import { fileUrl } from '../../videos/fileUrl.ts';
import { readValues } from '../readValues.ts';
import { refuseOtherMethods } from '../../http/methods.ts';
import { novitaError, novitaStatus } from './errors.ts';
import { toLocal } from './request.ts';
import { LINK_SECONDS, taskResult } from './task.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;

/** Novita's `/v3/async/txt2video`, `/v3/async/task-result` and `/v3/model`. */
export async function novitaDialect(
	app: FastifyInstance,
	{ context }: { context: HttpContext },
): Promise<void> {
	const { service } = context;
	const refuseOthers = refuseOtherMethods(app);
	app.addHook('onRequest', async (request) => await checkBearer(request, context));
	answerErrors(app, (error, request) =>
		error.code === 'invalid_api_key' && !request.headers.authorization
			? { status: 400, body: novitaError(error, 400, 'MISSING_API_KEY') }
			: { status: novitaStatus(error), body: novitaError(error) },
	);

	app.post('/v3/async/txt2video', async (request) => {
		const given = readValues(novita, request.body);
		const { values, warnings } = toLocal(given);
		const wanted = { values, warnings, owner: request.owner, dialect: 'novita' };
		const baseUrl = baseUrlOf(context, request);
		if (given.test_mode_enabled === true) {
			const failed = given.test_mode_return_task_status === 'TASK_STATUS_FAILED';
			const mock = await service.createMock(
				{
					...wanted,
					dialectData: {
						baseUrl,
						testMode: {
							enabled: true,
							return_task_status: given.test_mode_return_task_status,
						},
					},
				},
				failed
					? { code: 'invalid_request', message: 'A simulated failure, as test mode asked.' }
					: undefined,
			);
			return { task_id: mock.id };
		}
		const { video } = await service.create({ ...wanted, dialectData: { baseUrl } });
		return { task_id: video.id };
	});

	app.get<{ Querystring: { task_id?: string } }>('/v3/async/task-result', async (request) => {
		const { task_id: id } = request.query;
		if (id === undefined || !UUID.test(id)) throw notFound('task with this id');
		const video = await service.get(request.owner, id);
		const expiresAt = new Date(Date.now() + LINK_SECONDS * 1000);
		return taskResult(
			video,
			fileUrl(context, baseUrlOf(context, request), video, expiresAt),
			isOpen(video.status) ? await estimate(context, video) : undefined,
		);
	});

	app.get<{ Querystring: Record<string, string> }>('/v3/model', async (request) => {
		const query = request.query;
		const type = query['filter.types'];
		const words = (query['filter.query'] ?? '').toLowerCase();
		const limit = readLimit(query['pagination.limit']);
		const start = Number(/^c_(\d+)$/.exec(query['pagination.cursor'] ?? '')?.[1] ?? 0);
		const models = knownModels(await service.workers())
			.filter(({ kind }) => type === undefined || kind === type)
			.filter(({ id, title }) => `${id} ${title}`.toLowerCase().includes(words));
		return {
			models: models
				.slice(start, start + limit)
				.map((model, index) => modelObject(model, start + index + 1)),
			pagination: { next_cursor: start + limit < models.length ? `c_${start + limit}` : '' },
		};
	});
	refuseOthers();
}

function readLimit(text: string | undefined): number {
	const limit = text === undefined || text === '' ? DEFAULT_PAGE : Number(text);
	if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return limit;
	throw new ApiError(
		400,
		'invalid_request',
		`pagination.limit is ${JSON.stringify(shorten(text ?? ''))}, which is not allowed. Give a whole number from 1 to ${MAX_PAGE}.`,
		{ field: 'pagination.limit' },
	);
}

const DISPLAY: Record<ModelInfo['kind'], string> = {
	checkpoint: 'Checkpoint',
	lora: 'LoRA',
	textualinversion: 'Textual Inversion',
};

function modelObject(model: ModelInfo, id: number): object {
	return {
		id,
		name: model.title,
		hash_sha256: '',
		sd_name: model.id,
		sd_name_in_api: model.id,
		type: { name: model.kind, display_name: DISPLAY[model.kind] },
		categories: [],
		status: model.available === false ? 0 : 1,
		download_url: '',
		download_url_ttl: 0,
		tags: [],
		cover_url: '',
		source: 'local',
		base_model: model.baseModel ?? model.family,
		base_model_type: '',
		is_sdxl: false,
	};
}
