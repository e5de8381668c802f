import type { FastifyInstance } from 'fastify';
import { isObject } from '../../../../providers/schema/wire';
import { ApiError, notFound } from '../../videos/errors.ts';
import { enableCallbacks, resendCallback } from '../../videos/webhooks.ts';
import type { HttpContext } from '../../http/context.ts';
import { deliveriesOf, disabledEndpoints } from '../../store/deliveries.ts';
import type { Delivery } from '../../store/deliveries.ts';
import { bodyOf } from '../form.ts';
import { idOfVideoId } from './videoObject.ts';

interface WithId {
	Params: { id: string };
}

/** What was called back and what became of it; sending again, and calling an address again that said 410 Gone. */
export function callbackRoutes(app: FastifyInstance, context: HttpContext): void {
	const { service, database } = context;
	const ownVideo = async (owner: string, text: string) => {
		const id = idOfVideoId(text);
		if (id === undefined) throw notFound('video with this id');
		return await service.get(owner, id);
	};

	app.get<WithId>('/v1/videos/:id/callbacks', async (request) => {
		const video = await ownVideo(request.owner, request.params.id);
		return listOf((await deliveriesOf(database, video.id)).map(callbackObject));
	});

	app.post<WithId>('/v1/videos/:id/callbacks/resend', async (request) => {
		const video = await ownVideo(request.owner, request.params.id);
		await resendCallback(database, video);
		return listOf((await deliveriesOf(database, video.id)).map(callbackObject));
	});

	app.get('/v1/callbacks/disabled', async (request) =>
		listOf(
			(await disabledEndpoints(database, request.owner)).map(({ url, since }) => ({
				url,
				since: since.toISOString(),
			})),
		),
	);

	app.post('/v1/callbacks/enable', async (request) => {
		const body = await bodyOf(request);
		const url = isObject(body) ? body.url : undefined;
		if (typeof url !== 'string' || url === '') {
			throw new ApiError(
				400,
				'invalid_request',
				'url is missing. Give the callback address that is to be called again, such as {"url": "https://example.com/hook"}.',
				{ field: 'url' },
			);
		}
		const resent = await enableCallbacks(database, request.owner, url);
		return { url, enabled: true, resent };
	});
}

const listOf = (data: object[]): object => ({ object: 'list', data });

const callbackObject = ({ id, url, status, attempts, log, next_at: nextAt }: Delivery): object => ({
	id,
	url,
	status,
	attempts,
	next_at: nextAt?.toISOString() ?? null,
	log,
});
