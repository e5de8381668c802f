/** A job and its videos, as every provider's readers make them. Pure. */
import type { Job, Provider, RequestValues, Video } from '../contract';
import { isoTime, lookUp } from './coerce';

export function newJob(provider: string, jobId: string, nowMs: number): Job {
	return {
		provider,
		jobId,
		status: 'queued',
		videos: [],
		submittedAt: new Date(nowMs).toISOString(),
	};
}

/** A job bears the tracking id that its request was given. */
export function withTracking(provider: Provider, job: Job, values: RequestValues): Job {
	const field = provider.capabilities.trackingField;
	const trackingId = field && values[field];
	return trackingId ? { ...job, trackingId: String(trackingId) } : job;
}

/** Nothing that was given is ignored without a word: what the model will do otherwise goes along with the job. */
export function withWarnings(provider: Provider, job: Job, values: RequestValues): Job {
	const warnings = [...(job.warnings ?? []), ...(provider.warnings?.(values) ?? [])];
	return warnings.length > 0 ? { ...job, warnings } : job;
}

/** The job after a reply: keeps what it knew, and drops the estimates that no longer hold once it is final. */
export function updated(job: Job, change: Partial<Job>, nowMs: number): Job {
	const next: Job = { ...job, ...change };
	for (const key of Object.keys(next) as Array<keyof Job>) {
		if (next[key] === undefined) delete next[key];
	}
	if (next.status === 'queued' || next.status === 'processing') return next;
	delete next.etaSeconds;
	delete next.estimate;
	delete next.nextPollSeconds;
	next.finishedAt ??= new Date(nowMs).toISOString();
	if (next.status === 'succeeded') next.progress = 100;
	return next;
}

const MIME_TYPES: Record<string, string> = {
	mp4: 'video/mp4',
	gif: 'image/gif',
	webm: 'video/webm',
	mov: 'video/quicktime',
	webp: 'image/webp',
};

/** MIME type by the file name in a URL or by a bare extension; MP4 where neither says. */
export function mimeTypeOf(urlOrExtension: string): string {
	const name = urlOrExtension.split(/[?#]/)[0] ?? '';
	const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
	return lookUp(MIME_TYPES, extension) ?? 'video/mp4';
}

export function extensionOf(mimeType: string): string {
	const base = mimeType.split(';')[0]?.trim().toLowerCase();
	return Object.keys(MIME_TYPES).find((key) => MIME_TYPES[key] === base) ?? 'mp4';
}

export const video = (url: string, more: Partial<Video> = {}): Video => ({
	url,
	mimeType: mimeTypeOf(url),
	...more,
});

/** When a presigned storage URL stops working (ISO 8601), as its own query says; `undefined` for any other URL. */
export function expiryOf(url: string): string | undefined {
	const query = new URL(url).searchParams;
	const expires = query.get('Expires') ?? '';
	if (/^\d{10}$/.test(expires)) return isoTime(Number(expires) * 1000);
	const signedAt = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date') ?? '');
	const seconds = Number(query.get('X-Amz-Expires'));
	if (!signedAt || !(seconds > 0)) return undefined;
	const [, year, month, day, hour, minute, second] = signedAt.map(Number) as number[];
	const signedMs = Date.UTC(year!, month! - 1, day, hour, minute, second);
	return isoTime(signedMs + seconds * 1000);
}
