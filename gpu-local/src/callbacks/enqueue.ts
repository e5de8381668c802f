import { randomUUID } from 'node:crypto';
import type { Sql } from '../db/database.ts';
import type { Queue } from '../queue/queue.ts';
import { insertDelivery, isDisabled } from '../store/deliveries.ts';
import type { VideoRow } from '../store/video.ts';

/** The body of the callback about a finished job, as the dialect that created it documents it. */
export type CallbackBody = (video: VideoRow, deliveryId: string) => object;

/** In the transaction that finishes the job, so that the news of it cannot get lost. */
export async function enqueueCallbackFor(
	tx: Sql,
	queue: Queue,
	video: VideoRow,
	callbackBody: CallbackBody,
): Promise<void> {
	if (video.webhook_url === null || (await isDisabled(tx, video.webhook_url))) return;
	const id = randomUUID();
	const body = JSON.stringify(callbackBody(video, id));
	await insertDelivery(tx, { id, video_id: video.id, url: video.webhook_url, body });
	await queue.enqueueCallback(tx, { deliveryId: id });
}
