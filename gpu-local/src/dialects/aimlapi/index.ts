import type { FastifyInstance } from 'fastify';
import { aimlapiPixverse } from '../../../../providers/aimlapi';
import { checkBearer } from '../../http/bearer.ts';
import { baseUrlOf } from '../../http/context.ts';
import type { HttpContext } from '../../http/context.ts';
import { answerErrors } from '../../http/errors.ts';
import { refuseOtherMethods } from '../../http/methods.ts';
import { notFound } from '../../videos/errors.ts';
import { fileUrl } from '../../videos/fileUrl.ts';
import type { VideoRow } from '../../store/video.ts';
import { readValues } from '../readValues.ts';
import { aimlapiError, generation } from './replies.ts';
import { toLocal } from './request.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The second is older; the document's own examples use it. */
const PATHS = ['/v2/video/generations', '/v2/generate/video/pixverse/generation'];

/** AI/ML API's `/v2/video/generations`: POST makes a video, GET tells of it. */
export async function aimlapiDialect(
	app: FastifyInstance,
	{ context }: { context: HttpContext },
): Promise<void> {
	const refuseOthers = refuseOtherMethods(app);
	app.addHook('onRequest', async (request) => await checkBearer(request, context));
	answerErrors(app, (error, { id, url }) => ({
		body: aimlapiError(error, url.split('?')[0]!, id),
	}));
	const answer = (video: VideoRow, baseUrl: string): object =>
		generation(video, fileUrl(context, baseUrl, video));

	for (const path of PATHS) {
		app.post(path, async (request, reply) => {
			const { values, warnings } = toLocal(readValues(aimlapiPixverse, request.body));
			const requestId = request.headers['x-client-request-id'];
			// Documented: one of another form is dropped without a word.
			const known = typeof requestId === 'string' && REQUEST_ID.test(requestId);
			const baseUrl = baseUrlOf(context, request);
			const { video } = await context.service.create({
				values: known ? { ...values, track_id: requestId } : values,
				warnings,
				owner: request.owner,
				dialect: 'aimlapi',
				dialectData: { baseUrl },
			});
			if (known) reply.header('x-client-request-id', requestId);
			return answer(video, baseUrl);
		});
		app.get<{ Querystring: { generation_id?: string } }>(path, async (request) => {
			const id = request.query.generation_id ?? '';
			if (!UUID.test(id)) throw notFound('generation with this generation_id');
			const video = await context.service.get(request.owner, id);
			return answer(video, baseUrlOf(context, request));
		});
	}
	/** What a credential is tried with. */
	app.get('/v2/billing', async () => ({ current_balance: 0, currency: 'USD' }));
	refuseOthers();
}
