import type { FastifyInstance } from 'fastify';
import { ApiError } from '../videos/errors.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'QUERY'];

/**
 * Answers a wrong method at a right address with 405 and those that there are. To be called before the routes are
 * declared; what it gives, after them.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
	const known = new Map<string, Set<string>>();
	app.addHook('onRoute', ({ url, method }) => {
		const methods = known.get(url) ?? new Set();
		for (const each of [method].flat()) methods.add(each.toUpperCase());
		known.set(url, methods);
	});
	return () => {
		for (const [url, methods] of [...known]) {
			const allow = [...methods].sort();
			app.route({
				method: METHODS.filter((method) => !methods.has(method)),
				url,
				onRequest: async (request, reply) => {
					reply.header('allow', allow.join(', '));
					throw new ApiError(
						405,
						'method_not_allowed',
						`${request.method} is not possible here. Use ${allow.join(' or ')}.`,
					);
				},
				handler: async () => undefined,
			});
		}
	};
}
