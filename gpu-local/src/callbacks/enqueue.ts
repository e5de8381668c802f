import { randomUUID } from 'node:crypto';
import type { Sql } from '../db/database.ts';
import { callbackBodyOf } from '../dialects/callbackBodies.ts';
import type { Queue } from '../queue/queue.ts';
import type { VideoRow } from '../store/video.ts';
import type { CallbackContext } from './bodies.ts';

/** In the transaction that finishes the job, so that the news of it cannot get lost. */
export async function enqueueCallbackFor(
	tx: Sql,
	queue: Queue,
	video: VideoRow,
	context: CallbackContext,
): Promise<void> {
	if (video.webhook_url === null) return;
	const deliveryId = randomUUID();
	await tx.query(
		`INSERT INTO gpu_local.deliveries (id, video_id, url, body, next_at)
		VALUES ($1, $2, $3, $4, clock_timestamp())`,
		[
			deliveryId,
			video.id,
			video.webhook_url,
			JSON.stringify(callbackBodyOf(video, context, deliveryId)),
		],
	);
	await queue.enqueueCallback(tx, { deliveryId });
}
