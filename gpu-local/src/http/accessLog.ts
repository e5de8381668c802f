import type { FastifyInstance } from 'fastify';

/**
 * One line a request. The path stands there without its query: that of a link to a file is its right to be read,
 * and prompts and keys are in bodies and headers.
 */
export function logAccess(app: FastifyInstance): void {
	app.addHook('onResponse', async (request, reply) => {
		const forwardedFor = request.headers['x-forwarded-for'];
		request.log.info(
			{
				method: request.method,
				path: request.url.split('?')[0],
				status: reply.statusCode,
				ms: Math.round(reply.elapsedTime),
				bytes: Number(reply.getHeader('content-length') ?? 0),
				address: request.ip,
				// As a proxy says; anybody else can say anything.
				...(forwardedFor === undefined ? {} : { forwardedFor }),
				owner: request.owner,
				agent: request.headers['user-agent'],
			},
			'Request',
		);
	});
}
