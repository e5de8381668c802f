import type { VideoRow, VideoStatus } from '../../store/video.ts';

/** `in_progress` and the others are OpenAI's words; `cancelled` is what most servers of its kind add. */
const STATUS: Record<VideoStatus, string> = {
	queued: 'queued',
	running: 'in_progress',
	completed: 'completed',
	failed: 'failed',
	cancelled: 'cancelled',
	expired: 'expired',
};

export const STATUS_WORDS = Object.values(STATUS);

/** The stored status of a word of this dialect. */
export const statusOf = (word: string): VideoStatus | undefined =>
	(Object.keys(STATUS) as VideoStatus[]).find((status) => STATUS[status] === word);

export interface VideoExtras {
	/** Link to the file that needs no key. */
	url?: string | undefined;
	etaSeconds?: number | undefined;
	/** Why it waits, where that is not the jobs before it. */
	waits?: string | undefined;
}

/**
 * The video object of OpenAI's `/v1/videos`, with members of our own behind it: what was really made
 * (`settings`, `width` …), `stage`, `eta_seconds`, `warnings`, `track_id`, `url`.
 */
export function videoObject(video: VideoRow, extras: VideoExtras = {}): Record<string, unknown> {
	const { request, artifact } = video;
	const made = artifact ?? {
		width: request.width,
		height: request.height,
		frames: request.num_frames,
		fps: request.fps,
		durationSeconds: request.num_frames / request.fps,
	};
	return {
		id: videoIdOf(video.id),
		object: 'video',
		model: request.model,
		status: STATUS[video.status],
		progress: video.progress,
		created_at: unixSeconds(video.created_at),
		completed_at: video.status === 'completed' ? unixSeconds(video.finished_at) : null,
		expires_at: unixSeconds(video.expires_at),
		prompt: request.prompt,
		size: `${made.width}x${made.height}`,
		seconds: String(Math.round(made.durationSeconds * 1000) / 1000),
		remixed_from_video_id:
			typeof video.dialect_data.remixOf === 'string' ? videoIdOf(video.dialect_data.remixOf) : null,
		error: errorOf(video),
		quality: 'standard',
		fps: made.fps,
		num_frames: made.frames,
		seed: request.seed,
		output_format: request.output_format,
		media_type: artifact?.mimeType ?? (request.output_format === 'gif' ? 'image/gif' : 'video/mp4'),
		stage: video.stage,
		step: video.step,
		steps: video.steps,
		started_at: unixSeconds(video.started_at),
		finished_at: unixSeconds(video.finished_at),
		warnings: extras.waits === undefined ? video.warnings : [...video.warnings, extras.waits],
		track_id: video.track_id,
		settings: settingsOf(video),
		timings: video.timings,
		...(extras.etaSeconds === undefined ? {} : { eta_seconds: extras.etaSeconds }),
		...(extras.url === undefined ? {} : { url: extras.url }),
	};
}

/** `settings` tell what was used, so they are there only once something was made. */
function settingsOf(video: VideoRow): Record<string, unknown> | null {
	if (!video.artifact || !video.settings) return null;
	const { width, height, frames, fps, durationSeconds, bytes } = video.artifact;
	return {
		...video.settings,
		width,
		height,
		num_frames: frames,
		fps,
		seconds: durationSeconds,
		bytes,
	};
}

function errorOf(video: VideoRow): object | null {
	if (!video.error) return null;
	const { code, message, remedy, field } = video.error;
	return {
		code,
		message: remedy ? `${message} ${remedy}` : message,
		...(field === undefined ? {} : { param: field }),
	};
}

export const videoIdOf = (id: string): string => `video_${id.replaceAll('-', '')}`;

/** The stored id, or undefined where the text cannot be an id of ours. */
export function idOfVideoId(text: string): string | undefined {
	const match =
		/^(?:video_)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/.exec(
			text,
		);
	return match?.slice(1).join('-');
}

const unixSeconds = (date: Date | null): number | null =>
	date === null ? null : Math.floor(date.getTime() / 1000);
