import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openServer } from './server.ts';
import { makeTinyModels } from './tinyModels.ts';

/** A real server with the tiny models of `tinyModels.ts`; both go when it is closed. */
export async function openTinyServer() {
	const models = await mkdtemp(join(tmpdir(), 'tiny-models-'));
	await makeTinyModels(models);
	const server = await openServer(models);
	return {
		...server,
		/** Where its models lie. */
		models,
		async close() {
			await server.close();
			await rm(models, { recursive: true, force: true });
		},
	};
}
