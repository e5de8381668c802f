import type { VideoRow } from '../../store/video.ts';
import { videoObject } from './videoObject.ts';

/** OpenAI's event `{id, object, created_at, type, data}`; `data` is the whole video object, not just its id. */
export function openaiCallback(
	video: VideoRow,
	link: string | undefined,
	deliveryId: string,
): object {
	const finished = video.finished_at ?? video.updated_at;
	return {
		id: `evt_${deliveryId.replaceAll('-', '')}`,
		object: 'event',
		created_at: Math.floor(finished.getTime() / 1000),
		type: `video.${video.status}`,
		timestamp: finished.toISOString(),
		data: videoObject(video, { url: link }),
	};
}
