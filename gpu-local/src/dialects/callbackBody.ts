import type { CallbackBody } from '../callbacks/body.ts';
import type { VideoRow } from '../store/video.ts';
import { fileUrl } from '../videos/fileUrl.ts';
import { novitaCallback } from './novita/callback.ts';
import { openaiCallback } from './openai/callback.ts';
import { callback as stableDiffusionCallback } from './stableDiffusionApi/replies.ts';

type BodyOf = (video: VideoRow, link: string | undefined, deliveryId: string) => object;

const BODIES: Record<string, BodyOf> = {
	openai: openaiCallback,
	novita: novitaCallback,
	stableDiffusionApi: stableDiffusionCallback,
};

/** The body that the dialect's provider documents for the end of a job. */
export const createCallbackBody =
	(urlSecret: string): CallbackBody =>
	(video, deliveryId) => {
		const link = fileUrl({ urlSecret }, String(video.dialect_data.baseUrl ?? ''), video);
		return (BODIES[video.dialect] ?? openaiCallback)(video, link, deliveryId);
	};
