import { createHash, timingSafeEqual } from 'node:crypto';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FastifyInstance } from 'fastify';
import { packBackup } from '../backup/pack.ts';
import { ApiError } from '../videos/errors.ts';
import type { HttpContext } from './context.ts';
import { refuseOtherMethods } from './methods.ts';

/**
 * For `gpu-local backup`, which finds the token in the data folder. No API key opens this: a key sees its own jobs
 * only, and a backup holds those of all.
 */
export async function adminRoutes(
	app: FastifyInstance,
	{ context }: { context: HttpContext },
): Promise<void> {
	const { database, artifacts, admin } = context;
	const refuseOthers = refuseOtherMethods(app);
	let packing: Promise<unknown> | undefined;

	app.get<{ Querystring: { videos?: string } }>(BACKUP_PATH, NO_HEAD, async (request, reply) => {
		if (!same(request.headers.authorization ?? '', `Bearer ${admin.token}`)) {
			await context.failedLogins.note(request.ip, request.log);
			throw new ApiError(
				401,
				'invalid_api_key',
				'This call is for "gpu-local backup" on this machine, which finds what opens it in the data folder.',
			);
		}
		if (packing) {
			throw new ApiError(409, 'not_ready', 'Another backup is being made. Try again later.');
		}
		const archive = packBackup(
			database,
			artifacts,
			admin.dataFolder,
			request.query.videos === 'fetch',
		);
		packing = archive
			.then((stream: Readable) => finished(stream))
			.catch(() => undefined)
			.finally(() => (packing = undefined));
		return await reply.type('application/x-tar').send(await archive);
	});
	refuseOthers();
}

const BACKUP_PATH = '/admin/backup';
const NO_HEAD = { exposeHeadRoute: false };

/** Takes the same time whatever was sent. */
function same(given: string, wanted: string): boolean {
	const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
	return timingSafeEqual(hash(given), hash(wanted));
}
