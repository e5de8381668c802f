import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db } from 'pg-boss';
import type { Database, Sql, Statement } from '../database.ts';
import { lockFolder } from '../folderLock.ts';
import { tableNames } from '../schema.ts';
import { openConnection } from './connection.ts';
import type { Connection } from './connection.ts';
import { Session } from './session.ts';
import { packFolder, unpackTemplate } from './template.ts';

/** Within the data folder. */
export const DATABASE_FOLDER = 'database';

/** Nobody else is on it: all news are heard. */
const LOOK_EVERY_MS = 10_000;

/** Requests wait while it is packed. */
const PACK_LEVEL = 1;

/**
 * PostgreSQL inside this process, its files in the data folder. It has no lock of its own, and two
 * processes on one folder destroy it, hence ours around it.
 */
export async function openPglite(dataFolder: string): Promise<Database> {
	await mkdir(dataFolder, { recursive: true, mode: 0o700 });
	const unlock = await lockFolder(dataFolder);
	let connection: Connection;
	try {
		await unpackTemplate(dataFolder, DATABASE_FOLDER);
		connection = await openConnection({ folder: join(dataFolder, DATABASE_FOLDER) });
	} catch (error) {
		await unlock();
		throw error;
	}
	const session = new Session(connection.exchange);
	const turns = new Turns();
	const listeners = new Map<string, Array<() => void>>();
	const direct = sqlOf({
		run: (statements) => turns.share(() => session.run(statements)),
		script: (text) => turns.alone(() => session.script(text)),
	});
	return {
		...direct,
		kind: 'pglite',
		lookEveryMs: LOOK_EVERY_MS,
		description: `the built-in database in ${dataFolder}`,
		batch: (statements) => turns.share(() => session.run(statements)),
		transaction: (work) =>
			turns.alone(async () => {
				await session.script('BEGIN');
				try {
					const result = await work(sqlOf(session));
					await session.script('COMMIT');
					return result;
				} catch (error) {
					await session.script('ROLLBACK');
					throw error;
				}
			}),
		listen: async (channel, onNotify) => {
			listeners.set(channel, [...(listeners.get(channel) ?? []), onNotify]);
		},
		// Nobody else can be on this database.
		notify: (channel) => {
			for (const onNotify of listeners.get(channel) ?? []) onNotify();
		},
		// Nobody else is at it meanwhile, so its files stand still. PGlite's own dump holds all of them in memory at
		// once: half a gigabyte more for a new database.
		pack: (file, beside) =>
			turns.alone(async () => {
				await session.script('CHECKPOINT');
				await packFolder(join(dataFolder, DATABASE_FOLDER), file, PACK_LEVEL);
				return (await session.run([beside]))[0]!;
			}),
		vacuum: async () => {
			const tables = await tableNames(direct);
			await turns.alone(() => session.script(`VACUUM (ANALYZE) ${tables.join(', ')}`));
		},
		bossOptions: { db: direct.boss, backend: 'pglite' },
		close: async () => {
			await turns.alone(() => connection.close());
			await unlock();
		},
	};
}

function sqlOf(session: Pick<Session, 'run' | 'script'>): Sql {
	const boss: Db = {
		// Statements without values may be several in one text, which only a script can be.
		executeSql: async (text, values) => ({
			rows: values?.length
				? (await session.run([{ text, values: values as unknown[] }]))[0]!
				: await session.script(text),
		}),
	};
	return {
		boss,
		query: async <Row>(text: string, values?: unknown[]) => {
			const statement: Statement = values ? { text, values } : { text };
			return (await session.run([statement]))[0] as Row[];
		},
	};
}

/**
 * The database has one session. What is one message may be sent without waiting for others, but nothing
 * may get in between the messages of a transaction.
 */
class Turns {
	/** The last one that must be alone. */
	#alone: Promise<unknown> = Promise.resolve();
	readonly #sharing = new Set<Promise<unknown>>();

	async share<Result>(work: () => Promise<Result>): Promise<Result> {
		const before = this.#alone;
		const run = before.then(work);
		const settled = run.catch(() => undefined).finally(() => this.#sharing.delete(settled));
		this.#sharing.add(settled);
		return await run;
	}

	async alone<Result>(work: () => Promise<Result>): Promise<Result> {
		const before = [this.#alone, ...this.#sharing];
		const run = Promise.all(before).then(work);
		this.#alone = run.catch(() => undefined);
		return await run;
	}
}
