import pg from 'pg';
import type { Db } from 'pg-boss';
import type { Database, Sql } from './database.ts';

const POOL_SIZE = 10;
const LISTEN_RETRY_MS = 2000;

/** A PostgreSQL server, shared by any number of servers and workers. */
export async function openPostgres(
	url: string,
	log: (message: string, error: unknown) => void,
): Promise<Database> {
	const pool = new pg.Pool({
		connectionString: url,
		max: POOL_SIZE,
		application_name: 'gpu-local',
	});
	// Without a listener an idle connection that breaks would end the process.
	pool.on('error', (error) => log('A database connection broke', error));
	const first = await pool.connect();
	first.release();
	const listeners: Array<() => Promise<void>> = [];
	return {
		...wrap(pool),
		kind: 'postgres',
		description: describe(url),
		transaction: async (work) => {
			const client = await pool.connect();
			try {
				await client.query('BEGIN');
				const result = await work(wrap(client));
				await client.query('COMMIT');
				client.release();
				return result;
			} catch (error) {
				await client.query('ROLLBACK').then(
					() => client.release(),
					(broken: Error) => client.release(broken),
				);
				throw error;
			}
		},
		listen: async (channel, onNotify) => {
			listeners.push(keepListening(url, channel, onNotify, log));
		},
		bossOptions: { connectionString: url, max: 4, application_name: 'gpu-local queue' },
		close: async () => {
			await Promise.all(listeners.map((stop) => stop()));
			await pool.end();
		},
	};
}

function wrap(connection: pg.Pool | pg.PoolClient): Sql {
	const boss: Db = {
		executeSql: async (text, values) => await connection.query(text, values as unknown[]),
	};
	return {
		boss,
		query: async <Row>(text: string, values?: unknown[]) =>
			(await connection.query(text, values)).rows as Row[],
	};
}

function keepListening(
	url: string,
	channel: string,
	onNotify: () => void,
	log: (message: string, error: unknown) => void,
): () => Promise<void> {
	let stopped = false;
	let client: pg.Client | undefined;
	let timer: NodeJS.Timeout | undefined;
	const connect = async (): Promise<void> => {
		if (stopped) return;
		const fresh = new pg.Client({ connectionString: url, application_name: 'gpu-local listen' });
		let gone = false;
		const lost = (error: unknown) => {
			if (gone || stopped) return;
			gone = true;
			log('The connection that listens for news broke; connecting again', error);
			void fresh.end().catch(() => undefined);
			timer = setTimeout(() => void connect(), LISTEN_RETRY_MS);
		};
		fresh.on('error', lost);
		fresh.on('end', () => lost(new Error('ended')));
		fresh.on('notification', onNotify);
		client = fresh;
		try {
			await fresh.connect();
			await fresh.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
			onNotify();
		} catch (error) {
			lost(error);
		}
	};
	void connect();
	return async () => {
		stopped = true;
		clearTimeout(timer);
		await client?.end().catch(() => undefined);
	};
}

function describe(url: string): string {
	try {
		const { hostname, port, pathname } = new URL(url);
		return `PostgreSQL at ${hostname || 'localhost'}:${port || 5432}${pathname}`;
	} catch {
		return 'PostgreSQL';
	}
}
