import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** What a page's script may read of an answer beside its body. */
const EXPOSED = [
	'accept-ranges',
	'content-disposition',
	'content-length',
	'content-range',
	'etag',
	'idempotent-replayed',
	'openai-poll-after-ms',
	'retry-after',
];
const PREFLIGHT_SECONDS = 600;

/** Lets the pages of these origins call this server from a browser; for all others nothing changes. */
export async function allowOrigins(
	app: FastifyInstance,
	origins: readonly string[],
): Promise<void> {
	if (origins.length === 0) return;
	await app.register(cors, {
		origin: [...origins],
		methods: ['GET', 'HEAD', 'POST', 'DELETE'],
		exposedHeaders: EXPOSED,
		maxAge: PREFLIGHT_SECONDS,
		// A browser asks before it lets a page of the internet call a server of the local network.
		preflight: true,
	});
	app.addHook('onSend', async (request, reply) => {
		if (request.headers['access-control-request-private-network'] === 'true') {
			reply.header('access-control-allow-private-network', 'true');
		}
	});
}
