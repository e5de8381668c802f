import type { VideoRow, VideoStatus } from '../../store/video.ts';

/** Documented: links to results work for an hour. */
export const LINK_SECONDS = 3600;

const STATUS: Record<VideoStatus, string> = {
	queued: 'TASK_STATUS_QUEUED',
	running: 'TASK_STATUS_PROCESSING',
	completed: 'TASK_STATUS_SUCCEED',
	failed: 'TASK_STATUS_FAILED',
	cancelled: 'TASK_STATUS_FAILED',
	expired: 'TASK_STATUS_FAILED',
};

/** The body of `/v3/async/task-result` (Novita API reference, "Task Result"). */
export function taskResult(
	video: VideoRow,
	link: string | undefined,
	etaSeconds: number | undefined,
): Record<string, unknown> {
	return {
		task: {
			task_id: video.id,
			task_type: 'TXT_TO_VIDEO',
			status: STATUS[video.status],
			reason: reasonOf(video),
			eta: etaSeconds ?? 0,
			progress_percent: video.progress,
		},
		extra: {
			seed: String(video.request.seed),
			enable_nsfw_detection: false,
			debug_info: {
				request_info: '',
				submit_time_ms: milliseconds(video.created_at),
				execute_time_ms: milliseconds(video.started_at),
				complete_time_ms: milliseconds(video.finished_at),
			},
		},
		images: [],
		videos:
			link === undefined
				? []
				: [
						{
							video_url: link,
							// A text in the documents, too.
							video_url_ttl: String(LINK_SECONDS),
							video_type: video.request.output_format,
						},
					],
		audios: [],
	};
}

function reasonOf(video: VideoRow): string {
	if (video.status === 'expired') return 'The file was removed when its time was up.';
	if (!video.error) return '';
	return [video.error.message, video.error.remedy].filter(Boolean).join(' ');
}

const milliseconds = (date: Date | null): string => (date === null ? '0' : String(date.getTime()));
