/** Callbacks as the providers send them, and as someone else might. */
import { createHmac } from 'node:crypto';
import type { JsonObject } from '../../providers/contract';
import type { Book } from './book';
import type { FamilyContext, FamilySimulator, SimulatedJob, Snapshot } from './types';

export interface CallbackOptions {
	/** How often the same message is sent (same id, same body). 1 by default. */
	times?: number;
	/** Tells another state than the job has. */
	as?: Partial<Snapshot>;
	/**
	 * Sent by someone else: says that the job succeeded, with a video of theirs, and is signed with a wrong secret
	 * where callbacks are signed.
	 */
	forged?: boolean;
	/** Somewhere else than the address in the job's request. */
	url?: string;
	/** Members that replace those of the documented body. */
	body?: JsonObject;
	/** Unix seconds of the signature's timestamp. */
	timestampSeconds?: number;
	headers?: Record<string, string>;
}

const FORGED_VIDEO = 'https://forged.example.com/video.mp4';
const FORGED_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

export async function sendCallback(
	family: FamilySimulator,
	job: SimulatedJob,
	now: Snapshot,
	context: FamilyContext,
	options: CallbackOptions,
	{ secret, book }: { secret: string; book: Book },
): Promise<number[]> {
	const url = options.url ?? job.callbackUrl;
	if (!url || !family.callback) throw new Error(`Job ${job.id} has no callback address`);
	const forged = options.forged ?? false;
	const told: Snapshot = {
		...now,
		...(forged ? { status: 'succeeded' as const, progress: 100, etaSeconds: 0 } : {}),
		...options.as,
	};
	const words = forged ? { ...context, fileUrl: () => FORGED_VIDEO } : context;
	const body = { ...family.callback(job, told, words), ...options.body };
	const raw = JSON.stringify(body);
	const signed =
		family.family === 'localGpu'
			? standardWebhookHeaders(
					forged ? FORGED_SECRET : secret,
					`msg_${job.id}_${told.status}_${told.progress}`,
					options.timestampSeconds ?? Math.floor(context.nowMs / 1000),
					raw,
				)
			: {};
	const statuses: number[] = [];
	for (let sent = 0; sent < (options.times ?? 1); sent += 1) {
		const status = await post(url, raw, { ...signed, ...options.headers });
		book.callbacks.push({ jobId: job.id, url, body, forged, status });
		statuses.push(status);
	}
	return statuses;
}

/** Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`. */
function standardWebhookHeaders(
	secret: string,
	id: string,
	timestampSeconds: number,
	raw: string,
): Record<string, string> {
	const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
	const signature = createHmac('sha256', key)
		.update(`${id}.${timestampSeconds}.${raw}`)
		.digest('base64');
	return {
		'webhook-id': id,
		'webhook-timestamp': String(timestampSeconds),
		'webhook-signature': `v1,${signature}`,
	};
}

async function post(url: string, raw: string, headers: Record<string, string>): Promise<number> {
	try {
		const reply = await fetch(url, {
			method: 'POST',
			body: raw,
			headers: { 'content-type': 'application/json', ...headers },
			redirect: 'manual',
		});
		await reply.arrayBuffer();
		return reply.status;
	} catch {
		return 0;
	}
}
