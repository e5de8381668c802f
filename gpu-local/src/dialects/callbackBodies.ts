import type { CallbackContext } from '../callbacks/bodies.ts';
import type { VideoRow } from '../store/video.ts';
import { novitaCallback } from './novita/callback.ts';
import { openaiCallback } from './openai/callback.ts';
import { callback as stableDiffusionCallback } from './stableDiffusionApi/replies.ts';

type BodyOf = (video: VideoRow, context: CallbackContext, deliveryId: string) => object;

const BODIES: Record<string, BodyOf> = {
	openai: openaiCallback,
	novita: novitaCallback,
	stableDiffusionApi: (video, context) => stableDiffusionCallback(video, context.fileUrl(video)),
};

/** The body that the dialect's provider documents for the end of a job. */
export function callbackBodyOf(
	video: VideoRow,
	context: CallbackContext,
	deliveryId: string,
): object {
	return (BODIES[video.dialect] ?? openaiCallback)(video, context, deliveryId);
}
