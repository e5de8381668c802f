import type { VideoRow } from '../store/video.ts';

/** What the body of a callback needs beside the job. */
export interface CallbackContext {
	/** Link to a finished file that works without a key for some time. */
	fileUrl(video: VideoRow): string | undefined;
}
