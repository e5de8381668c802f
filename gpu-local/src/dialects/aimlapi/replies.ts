import type { ApiError } from '../../videos/errors.ts';
import type { VideoRow, VideoStatus } from '../../store/video.ts';

const STATUS: Record<VideoStatus, string> = {
	queued: 'queued',
	running: 'generating',
	completed: 'completed',
	failed: 'error',
	cancelled: 'error',
	expired: 'error',
};

/** A generation as its create and its retrieve answer it (AI/ML API reference, "PixVerse v5/text-to-video"). */
export function generation(video: VideoRow, link: string | undefined): object {
	const file = link !== undefined && video.artifact;
	return {
		id: video.id,
		status: STATUS[video.status],
		video: file
			? { url: link, content_type: file.mimeType, file_name: file.name, file_size: file.bytes }
			: null,
		error:
			STATUS[video.status] === 'error' ? { name: video.status, message: reasonOf(video) } : null,
		// Nothing is counted on one's own machine.
		meta: { usage: { credits_used: 0 }, warnings: video.warnings },
	};
}

function reasonOf({ status, error }: VideoRow): string {
	if (status === 'expired') return 'The file was removed when its time was up.';
	return [error?.message, error?.remedy].filter(Boolean).join(' ');
}

/** `statusCode` is a text in the documents, too. */
export const aimlapiError = (error: ApiError, path: string, requestId: string): object => ({
	message: error.message,
	path,
	requestId,
	statusCode: String(error.status),
	timestamp: new Date().toISOString(),
	...(error.detail.field === undefined ? {} : { field: error.detail.field }),
});
