import Fastify, { LogController } from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { isSigned } from './artifacts/signedUrl.ts';
import { ApiError, notFound } from './videos/errors.ts';
import { aimlapiDialect } from './dialects/aimlapi/index.ts';
import { aimlapiError } from './dialects/aimlapi/replies.ts';
import { novitaError, novitaStatus } from './dialects/novita/errors.ts';
import { novitaDialect } from './dialects/novita/index.ts';
import { openaiError } from './dialects/openai/errors.ts';
import { openaiDialect } from './dialects/openai/index.ts';
import { stableDiffusionApiError } from './dialects/stableDiffusionApi/errors.ts';
import { stableDiffusionApiDialect } from './dialects/stableDiffusionApi/index.ts';
import { artifactNamed } from './store/videoFiles.ts';
import { adminRoutes } from './http/admin.ts';
import { logAccess } from './http/accessLog.ts';
import type { ChangeFeed } from './http/changeFeed.ts';
import type { HttpContext } from './http/context.ts';
import { allowOrigins } from './http/cors.ts';
import { toApiError } from './http/errors.ts';
import { refusalOf } from './http/hostGuard.ts';
import type { HostPolicy } from './http/hostGuard.ts';
import { refuseOtherMethods } from './http/methods.ts';
import { readBodies } from './http/bodies.ts';
import { refusalOfParameters } from './http/parameters.ts';
import { LOCAL_OWNER } from './http/keys.ts';
import type { Metrics } from './http/metrics.ts';
import { operationRoutes } from './http/operations.ts';
import { pageRoutes } from './http/page.ts';
import { sendFile } from './http/sendFile.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_PARAMETER_CHARACTERS = 200;

export interface ServerOptions {
	context: HttpContext;
	feed: ChangeFeed;
	hosts: HostPolicy;
	metrics: Metrics;
	/** Whether every request is logged. */
	accessLog: boolean;
	logger: import('fastify').FastifyBaseLogger;
}

/** All routes. Each dialect is a plugin of its own, with its own errors and its own way to a key. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
	const { context, feed, hosts, metrics, logger } = options;
	const app: FastifyInstance = Fastify({
		loggerInstance: logger,
		logController: new LogController({ disableRequestLogging: true }),
		bodyLimit: MAX_BODY_BYTES,
		requestTimeout: REQUEST_TIMEOUT_MS,
		routerOptions: { maxParamLength: MAX_PARAMETER_CHARACTERS, ignoreTrailingSlash: true },
		http: { headersTimeout: HEADERS_TIMEOUT_MS },
		forceCloseConnections: true,
		// A body with "__proto__" is refused, not quietly cleaned.
		onProtoPoisoning: 'error',
		onConstructorPoisoning: 'error',
		frameworkErrors: (error, request, reply: FastifyReply) => {
			const known = new ApiError(
				error.statusCode ?? 400,
				'invalid_request',
				'The address of the request cannot be read.',
			);
			const { status, body } = inItsDialect(request.raw.url ?? '', known);
			void reply.code(status).send(body);
		},
	});
	readBodies(app);
	app.decorateRequest('owner', LOCAL_OWNER);
	app.addHook('onRequest', async (request) => {
		const refusal = refusalOf(request.headers, hosts);
		if (refusal !== undefined) throw new ApiError(403, 'not_allowed', refusal);
		const unreadable = refusalOfParameters(request);
		if (unreadable) throw unreadable;
	});
	app.setErrorHandler<FastifyError>(async (error, request, reply) => {
		const known = toApiError(error, request.log);
		if (known.detail.retryAfterSeconds !== undefined) {
			reply.header('retry-after', known.detail.retryAfterSeconds);
		}
		return await reply.code(known.status).send(openaiError(known));
	});
	app.setNotFoundHandler(async (request, reply) => {
		const [path] = request.url.split('?');
		const message = `There is nothing at ${path}.`;
		const { status, body } = inItsDialect(path!, new ApiError(404, 'not_found', message));
		return await reply.code(status).send(body);
	});
	metrics.watch(app);
	if (options.accessLog) logAccess(app);
	await allowOrigins(app, hosts.allowedOrigins);
	await app.register(pageRoutes);
	await app.register(operationRoutes, { context, metrics });
	await app.register(adminRoutes, { context });
	await app.register(openaiDialect, { context, feed });
	await app.register(stableDiffusionApiDialect, { context });
	await app.register(novitaDialect, { context });
	await app.register(aimlapiDialect, { context });
	await app.register(fileRoutes, { context });
	return app;
}

/** Signed links to files, for whoever has one. */
async function fileRoutes(
	app: FastifyInstance,
	{ context }: { context: HttpContext },
): Promise<void> {
	const refuseOthers = refuseOtherMethods(app);
	app.get<{ Params: { name: string }; Querystring: Record<string, string> }>(
		'/files/:name',
		async (request, reply) => {
			const { name } = request.params;
			if (!isSigned(context.urlSecret, name, request.query, Date.now())) {
				throw new ApiError(
					403,
					'not_allowed',
					'The link is not valid any more. Ask for the job again to get a new one.',
				);
			}
			const artifact = await artifactNamed(context.database, name);
			if (!artifact) throw notFound('such file any more');
			return await sendFile(request, reply, context.artifacts, artifact, name);
		},
	);
	refuseOthers();
}

/** An error at an address that no dialect has, as the one would say it that it looks like. */
function inItsDialect(path: string, error: ApiError): { status: number; body: object } {
	if (path.startsWith('/api/')) {
		return { status: error.status, body: stableDiffusionApiError(error) };
	}
	if (path.startsWith('/v2/')) {
		return { status: error.status, body: aimlapiError(error, path.split('?')[0]!, '') };
	}
	if (path.startsWith('/v3/')) return { status: novitaStatus(error), body: novitaError(error) };
	return { status: error.status, body: openaiError(error) };
}
