import { signPath } from '../artifacts/signedUrl.ts';
import type { VideoRow } from '../store/video.ts';

/** A link to the finished file that works without a key until `expiresAt`; undefined where there is no file. */
export function fileUrl(
	context: { urlSecret: string },
	baseUrl: string,
	video: VideoRow,
	expiresAt: Date | null = video.expires_at,
): string | undefined {
	if (!video.artifact || !expiresAt) return undefined;
	return `${baseUrl}${signPath(context.urlSecret, video.artifact.name, expiresAt)}`;
}
