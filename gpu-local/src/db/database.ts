import type { ConstructorOptions, Db } from 'pg-boss';

export interface Statement {
	text: string;
	values?: unknown[];
}

/** Rows of one statement. Both databases number their placeholders: `$1`, `$2`. */
export interface Sql {
	query<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
	/** The same connection as pg-boss wants it, so that its writes join a transaction of ours. */
	readonly boss: Db;
}

export interface Database extends Sql {
	readonly kind: 'pglite' | 'postgres';
	/**
	 * How often work that other processes left is looked for. Rarely where there can be none: each look wakes
	 * the process and the database.
	 */
	readonly lookEveryMs: number;
	/** For people and logs; holds no password. */
	readonly description: string;
	/** Several statements in one go, all or none of them, and the rows of each. */
	batch(statements: readonly Statement[]): Promise<Array<Array<Record<string, unknown>>>>;
	/** Commits when `work` resolves, rolls back when it rejects. */
	transaction<Result>(work: (tx: Sql) => Promise<Result>): Promise<Result>;
	/** Calls back on every {@link notify}; a hint only, so a lost one is no harm. */
	listen(channel: string, onNotify: () => void): Promise<void>;
	/** Tells all who listen, in every process on this database. Never rejects. */
	notify(channel: string): void;
	/**
	 * Packs all of it into a new file, as it is at one moment, and gives the rows of a statement of the same moment. A
	 * database that has backups of its own has no such thing.
	 */
	readonly pack?: (file: string, beside: Statement) => Promise<Array<Record<string, unknown>>>;
	/**
	 * Clears away what updates left behind, and counts anew what the planner goes by. A server does that by
	 * itself.
	 */
	readonly vacuum?: () => Promise<void>;
	/** How pg-boss connects. */
	readonly bossOptions: ConstructorOptions;
	close(): Promise<void>;
}

/** The database cannot be reached just now; what was asked of it may be asked again. */
export class DatabaseUnavailableError extends Error {
	override readonly name = 'DatabaseUnavailableError';
}
