import type { VideoRow } from '../../store/video.ts';
import { taskResult } from './task.ts';

export interface TestMode {
	enabled: true;
	return_task_status: string;
}

/** The envelope of Novita's webhook; its payload is the task result. */
export function novitaCallback(video: VideoRow, fileLink: string | undefined): object {
	const testMode = video.dialect_data.testMode as TestMode | undefined;
	const link =
		fileLink ??
		(testMode && video.status === 'completed'
			? `${String(video.dialect_data.baseUrl)}/files/test-mode.mp4`
			: undefined);
	const { extra, ...result } = taskResult(video, link, undefined);
	return {
		event_type: 'ASYNC_TASK_RESULT',
		payload: {
			...result,
			extra: {
				...(extra as object),
				webhook: { url: video.webhook_url, ...(testMode ? { test_mode: testMode } : {}) },
			},
		},
	};
}
