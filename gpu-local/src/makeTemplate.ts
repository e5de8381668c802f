import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATABASE_FOLDER, openPglite } from './db/pglite/open.ts';
import { packTemplate, TEMPLATE_NAME } from './db/pglite/template.ts';
import { migrate } from './db/schema.ts';
import { Queue } from './queue/queue.ts';

/** For the build: makes a database with all tables and no rows, and packs it into this folder. */
export async function makeTemplate(outFolder: string): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'gpu-local-template-'));
	try {
		const database = await openPglite(folder);
		await migrate(database);
		const queue = await Queue.open(database, {
			jobSeconds: 3600,
			onError: (error) => {
				throw error;
			},
		});
		await queue.stop();
		await database.close();
		await mkdir(outFolder, { recursive: true });
		await packTemplate(join(folder, DATABASE_FOLDER), join(outFolder, TEMPLATE_NAME));
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
