import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { VideoRow } from '../../store/video.ts';
import { isOpen } from '../../store/video.ts';
import type { ChangeFeed } from '../../http/changeFeed.ts';

const KEEP_ALIVE_MS = 15_000;
/** A caller that leaves so much unread is cut off, before what is kept for it fills the memory. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/**
 * Server-sent events: `event: video`, `data:` a video object. For one job the stream starts with its
 * state and ends with it; for all jobs of a key it goes on until the caller leaves.
 */
export function sendEvents(
	request: FastifyRequest,
	reply: FastifyReply,
	feed: ChangeFeed,
	options: {
		/** The one job that the stream is about. */
		one?: () => Promise<VideoRow>;
		concerns: (video: VideoRow) => boolean;
		describe: (video: VideoRow) => Promise<object>;
	},
): void {
	reply.hijack();
	const { raw } = reply;
	raw.writeHead(200, {
		// Those that were set before, for pages of other origins.
		...(reply.getHeaders() as OutgoingHttpHeaders),
		'content-type': 'text/event-stream; charset=utf-8',
		'cache-control': 'no-store',
		'x-accel-buffering': 'no',
	});
	raw.write(': connected\n\n');
	let sending: Promise<void> = Promise.resolve();
	const send = (next: () => Promise<VideoRow>): void => {
		sending = sending
			.then(async () => {
				if (raw.writableEnded || raw.destroyed) return;
				const video = await next();
				raw.write(`event: video\ndata: ${JSON.stringify(await options.describe(video))}\n\n`);
				if (options.one && !isOpen(video.status)) stop();
				else if (raw.writableLength > MAX_UNREAD_BYTES) raw.destroy();
			})
			.catch((error: unknown) => {
				request.log.warn({ err: error }, 'An event could not be sent');
				stop();
			});
	};
	const unsubscribe = feed.subscribe((video) => {
		if (options.concerns(video)) send(async () => video);
	}, stop);
	const timer = setInterval(() => raw.write(': still here\n\n'), KEEP_ALIVE_MS);
	function stop(): void {
		unsubscribe();
		clearInterval(timer);
		if (!raw.writableEnded) raw.end();
	}
	raw.on('close', stop);
	// Looked up only now: a change from before the subscription would never be told.
	if (options.one) send(options.one);
}
