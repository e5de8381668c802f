import { freemem, totalmem } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../videos/errors.ts';
import { countByStatus, ping } from '../store/statistics.ts';
import { artifactBytes } from '../store/videoFiles.ts';
import { checkBearer } from './bearer.ts';
import type { HttpContext } from './context.ts';
import { refuseOtherMethods } from './methods.ts';
import type { Metrics } from './metrics.ts';
import { openapi } from './openapi/index.ts';

/** For those who run the server: health, numbers, and what there is to call. */
export async function operationRoutes(
	app: FastifyInstance,
	{ context, metrics }: { context: HttpContext; metrics: Metrics },
): Promise<void> {
	const { database, service, quotaBytes, version } = context;
	const description = openapi(version);
	const refuseOthers = refuseOtherMethods(app);

	app.get('/healthz', async () => ({ status: 'ok', version }));

	/** Ready to take jobs: one would run, and its video could be stored. */
	app.get('/readyz', async () => {
		await ping(database);
		const obstacle = await service.obstacle();
		if (obstacle !== undefined) throw new ApiError(503, 'unavailable', obstacle);
		return { status: 'ready' };
	});

	app.get('/openapi.json', async () => description);

	app.get('/metrics', async (request, reply) => {
		await checkBearer(request, context);
		return await reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics.text());
	});

	app.get('/v1/status', async (request) => {
		await checkBearer(request, context);
		return {
			version,
			database: database.kind,
			jobs: await countByStatus(database),
			videos: { bytes: await artifactBytes(database), quota_bytes: quotaBytes },
			memory: {
				process_bytes: process.memoryUsage.rss(),
				free_bytes: freemem(),
				all_bytes: totalmem(),
			},
			runners: (await service.workers()).map(({ id, host, engine, slots, models, devices }) => ({
				id,
				host,
				engine,
				slots,
				devices,
				models: models.filter(({ kind }) => kind === 'checkpoint').length,
			})),
		};
	});
	refuseOthers();
}
