import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Db } from 'pg-boss';
import { DatabaseUnavailableError } from './database.ts';
import type { Database, Sql } from './database.ts';

const POOL_SIZE = 10;
const CONNECT_WITHIN_MS = 5000;
const LISTEN_RETRY_MS = 2000;
const START_RETRY_MS = 1000;
/** News from other processes can get lost while the connection that listens is away. */
const LOOK_EVERY_MS = 2000;
/** News that come at once are told once. */
const NOTIFY_AFTER_MS = 5;

type LogProblem = (message: string, error: unknown) => void;

/**
 * A PostgreSQL server, shared by any number of servers and workers.
 *
 * @param patienceMs how long a server that is not up yet is waited for; programs of one machine start in any order
 */
export async function openPostgres(
	url: string,
	log: LogProblem,
	patienceMs: number,
): Promise<Database> {
	const pool = new pg.Pool({
		connectionString: url,
		max: POOL_SIZE,
		connectionTimeoutMillis: CONNECT_WITHIN_MS,
		application_name: 'gpu-local',
	});
	// Without a listener an idle connection that breaks would end the process.
	pool.on('error', (error) => log('A database connection broke', error));
	const description = describe(url);
	await connectFirst(pool, description, log, patienceMs);
	const listeners: Array<() => Promise<void>> = [];
	const transaction: Database['transaction'] = (work) =>
		named(description, async () => {
			const client = await pool.connect();
			try {
				await client.query('BEGIN');
				const result = await work(wrap(client, description));
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
		});
	const direct = wrap(pool, description);
	const announced = new Set<string>();
	return {
		...direct,
		kind: 'postgres',
		lookEveryMs: LOOK_EVERY_MS,
		description,
		transaction,
		batch: async ([...statements]) => {
			if (statements.length === 1) {
				const [{ text, values }] = statements as [(typeof statements)[0]];
				return [await direct.query(text, values)];
			}
			return await transaction(async (tx) => {
				const rows = [];
				for (const { text, values } of statements) rows.push(await tx.query(text, values));
				return rows;
			});
		},
		listen: async (channel, onNotify) => {
			listeners.push(keepListening(url, channel, onNotify, log));
		},
		notify: (channel) => {
			if (announced.has(channel)) return;
			announced.add(channel);
			setTimeout(() => {
				announced.delete(channel);
				pool
					.query(`NOTIFY ${pg.escapeIdentifier(channel)}`)
					.catch((error: unknown) => log('News could not be told', error));
			}, NOTIFY_AFTER_MS);
		},
		bossOptions: { connectionString: url, max: 4, application_name: 'gpu-local queue' },
		close: async () => {
			await Promise.all(listeners.map((stop) => stop()));
			await pool.end();
		},
	};
}

async function connectFirst(
	pool: pg.Pool,
	description: string,
	log: LogProblem,
	patienceMs: number,
): Promise<void> {
	const deadlineMs = performance.now() + patienceMs;
	for (;;) {
		try {
			const client = await pool.connect();
			client.release();
			return;
		} catch (error) {
			if (!isAway(error)) throw error;
			if (performance.now() > deadlineMs) throw unavailable(description, error);
			log(`Waiting for ${description}`, error);
			await sleep(START_RETRY_MS);
		}
	}
}

/** SQLSTATE classes: connection exceptions, and what a server says that stops or starts. */
const AWAY_CODES =
	/^(08...|57P0[123]|53300|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND))$/;
const AWAY_WORDS =
	/Connection terminated|timeout (exceeded )?when trying to connect|connection timeout/i;

/** Whether the server, and not the statement, is what is wrong. */
function isAway(error: unknown): boolean {
	const { code, message, errors } = error as { code?: string; message?: string; errors?: unknown };
	if (Array.isArray(errors)) return errors.some(isAway);
	return AWAY_CODES.test(code ?? '') || AWAY_WORDS.test(message ?? '');
}

const unavailable = (description: string, cause: unknown): DatabaseUnavailableError =>
	new DatabaseUnavailableError(`${description} does not answer: ${(cause as Error).message}`, {
		cause,
	});

async function named<Result>(description: string, work: () => Promise<Result>): Promise<Result> {
	try {
		return await work();
	} catch (error) {
		throw isAway(error) ? unavailable(description, error) : error;
	}
}

function wrap(connection: pg.Pool | pg.PoolClient, description: string): Sql {
	const boss: Db = {
		executeSql: async (text, values) => await connection.query(text, values as unknown[]),
	};
	return {
		boss,
		query: async <Row>(text: string, values?: unknown[]) =>
			await named(description, async () => (await connection.query(text, values)).rows as Row[]),
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
