import type { ConstructorOptions, Db } from 'pg-boss';

/** Rows of one statement. Both databases number their placeholders: `$1`, `$2`. */
export interface Sql {
	query<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
	/** The same connection as pg-boss wants it, so that its writes join a transaction of ours. */
	readonly boss: Db;
}

export interface Database extends Sql {
	readonly kind: 'pglite' | 'postgres';
	/** For people and logs; holds no password. */
	readonly description: string;
	/** Commits when `work` resolves, rolls back when it rejects. */
	transaction<Result>(work: (tx: Sql) => Promise<Result>): Promise<Result>;
	/** Calls back on every `pg_notify(channel, …)`; a hint only, so a lost one is no harm. */
	listen(channel: string, onNotify: () => void): Promise<void>;
	/** How pg-boss connects. */
	readonly bossOptions: ConstructorOptions;
	close(): Promise<void>;
}
