/** The address that a job names for its callback: whether it may be called, and what people do about it later. */
import { randomUUID } from 'node:crypto';
import { checkCallbackUrl, RefusedAddressError } from '../callbacks/guard.ts';
import type { CallbackPolicy } from '../callbacks/guard.ts';
import type { Database } from '../db/database.ts';
import {
	announceCallbacks,
	enableEndpoint,
	releaseDisabled,
	resendDelivery,
} from '../store/deliveries.ts';
import { isOpen } from '../store/video.ts';
import type { VideoRow } from '../store/video.ts';
import { ApiError } from './errors.ts';
import { shorten } from './models.ts';

export function checkWebhook(url: string, policy: CallbackPolicy): void {
	try {
		checkCallbackUrl(url, policy);
	} catch (error) {
		if (!(error instanceof RefusedAddressError)) throw error;
		throw new ApiError(400, 'invalid_request', error.message, { field: 'webhook_url' });
	}
}

/** A receiver that said 410 Gone is called again for jobs that ask for it anew. Gives what to tell their owner. */
export async function enabledAgain(
	database: Database,
	owner: string,
	url: string,
): Promise<string[]> {
	const since = await enableEndpoint(database, owner, url);
	if (!since) return [];
	return [
		`The webhook address ${url} answered 410 Gone at ${since.toISOString()}, so jobs from before that do not call it any more. For this job it is called again.`,
	];
}

/** Sends the callback of a job that has ended once more, whatever became of the first. */
export async function resendCallback(database: Database, video: VideoRow): Promise<void> {
	if (video.webhook_url === null) {
		throw new ApiError(
			409,
			'conflict',
			'The job named no webhook_url, so there is no callback to send.',
		);
	}
	if (isOpen(video.status)) {
		throw new ApiError(
			409,
			'conflict',
			'The job is still open. Its callback is sent when it ends.',
		);
	}
	await enableEndpoint(database, video.owner, video.webhook_url);
	await database.batch(resendDelivery(randomUUID(), video.id));
	announceCallbacks(database);
}

/** Calls an address again that said 410 Gone. How many callbacks it missed that are sent now. */
export async function enableCallbacks(
	database: Database,
	owner: string,
	url: string,
): Promise<number> {
	const since = await enableEndpoint(database, owner, url);
	if (since === undefined) {
		throw new ApiError(
			404,
			'not_found',
			`The address ${shorten(url)} is not one that answered 410 Gone: it is called as ever.`,
			{ field: 'url' },
		);
	}
	const released = await releaseDisabled(database, owner, url);
	if (released > 0) announceCallbacks(database);
	return released;
}
