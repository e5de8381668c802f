import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { Transaction } from '@electric-sql/pglite';
import { fromPglite } from 'pg-boss';
import type { Db } from 'pg-boss';
import { lockFolder } from './folderLock.ts';
import type { Database, Sql } from './database.ts';

/**
 * PostgreSQL inside this process, its files in the data folder. It has no lock of its own, and two
 * processes on one folder destroy it, hence ours around it.
 */
export async function openPglite(dataFolder: string): Promise<Database> {
	await mkdir(dataFolder, { recursive: true, mode: 0o700 });
	const unlock = await lockFolder(dataFolder);
	let pglite: PGlite;
	try {
		pglite = await PGlite.create({ dataDir: join(dataFolder, 'database') });
	} catch (error) {
		await unlock();
		throw error;
	}
	const boss = fromPglite(pglite);
	return {
		kind: 'pglite',
		description: `the built-in database in ${dataFolder}`,
		boss,
		query: async <Row>(text: string, values?: unknown[]) =>
			(await pglite.query<Row>(text, values)).rows,
		transaction: (work) => pglite.transaction((tx) => work(inTransaction(tx))) as Promise<never>,
		listen: async (channel, onNotify) => {
			await pglite.listen(channel, onNotify);
		},
		bossOptions: { db: boss, backend: 'pglite' },
		close: async () => {
			await pglite.close();
			await unlock();
		},
	};
}

function inTransaction(tx: Transaction): Sql {
	const boss: Db = {
		executeSql: async (text, values) => {
			if (values?.length) return await tx.query(text, values);
			const results = await tx.exec(text);
			return { rows: results.flatMap((result) => result.rows) };
		},
	};
	return {
		boss,
		query: async <Row>(text: string, values?: unknown[]) =>
			(await tx.query<Row>(text, values)).rows,
	};
}
