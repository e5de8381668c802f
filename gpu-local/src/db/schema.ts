import type { Database, Sql } from './database.ts';

/**
 * One entry a version, applied once and in order. Entries are never changed after a release; a new
 * one is added.
 */
const MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE gpu_local.videos (
		id uuid PRIMARY KEY,
		number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
		owner text NOT NULL,
		dialect text NOT NULL,
		status text NOT NULL,
		queue text NOT NULL,
		request jsonb NOT NULL,
		warnings jsonb NOT NULL DEFAULT '[]',
		track_id text,
		webhook_url text,
		dialect_data jsonb NOT NULL DEFAULT '{}',
		idempotency_key text,
		request_hash text NOT NULL,
		priority integer NOT NULL DEFAULT 0,
		fair_order bigint NOT NULL,
		work bigint NOT NULL,
		stage text,
		step integer,
		steps integer,
		progress integer NOT NULL DEFAULT 0,
		attempts integer NOT NULL DEFAULT 0,
		claim uuid,
		runner text,
		artifact jsonb,
		settings jsonb,
		timings jsonb,
		error jsonb,
		created_at timestamptz NOT NULL DEFAULT now(),
		started_at timestamptz,
		finished_at timestamptz,
		updated_at timestamptz NOT NULL DEFAULT now(),
		expires_at timestamptz,
		run_ms integer,
		UNIQUE (owner, idempotency_key)
	);
	CREATE INDEX videos_by_age ON gpu_local.videos (created_at DESC, id);
	CREATE INDEX videos_open ON gpu_local.videos (status) WHERE status IN ('queued', 'running');
	CREATE INDEX videos_by_change ON gpu_local.videos (updated_at);
	CREATE INDEX videos_by_owner ON gpu_local.videos (owner, fair_order DESC);
	CREATE INDEX videos_started ON gpu_local.videos (fair_order DESC) WHERE started_at IS NOT NULL;
	CREATE INDEX videos_expiring ON gpu_local.videos (expires_at) WHERE artifact IS NOT NULL;

	CREATE TABLE gpu_local.deliveries (
		id uuid PRIMARY KEY,
		video_id uuid NOT NULL REFERENCES gpu_local.videos (id) ON DELETE CASCADE,
		url text NOT NULL,
		body text NOT NULL,
		status text NOT NULL DEFAULT 'pending',
		attempts integer NOT NULL DEFAULT 0,
		log jsonb NOT NULL DEFAULT '[]',
		created_at timestamptz NOT NULL DEFAULT now(),
		next_at timestamptz
	);
	CREATE INDEX deliveries_by_video ON gpu_local.deliveries (video_id);

	CREATE TABLE gpu_local.disabled_endpoints (
		url text PRIMARY KEY,
		since timestamptz NOT NULL DEFAULT now()
	);

	CREATE TABLE gpu_local.runners (
		id uuid PRIMARY KEY,
		host text NOT NULL,
		engine text NOT NULL,
		slots integer NOT NULL,
		fallback_model text,
		models jsonb NOT NULL,
		seen_at timestamptz NOT NULL DEFAULT now()
	);

	CREATE TABLE gpu_local.settings (
		name text PRIMARY KEY,
		value text NOT NULL
	);
	`,
	`
	ALTER TABLE gpu_local.videos ADD COLUMN engine_memory jsonb;
	CREATE INDEX videos_remembered ON gpu_local.videos (status) WHERE engine_memory IS NOT NULL;
	`,
	`
	CREATE INDEX videos_waiting ON gpu_local.videos (owner, priority) WHERE status = 'queued';

	ALTER TABLE gpu_local.deliveries ALTER COLUMN body DROP NOT NULL;
	ALTER TABLE gpu_local.deliveries ADD COLUMN owner text NOT NULL DEFAULT '';
	ALTER TABLE gpu_local.deliveries ADD COLUMN receiver text NOT NULL DEFAULT '';
	ALTER TABLE gpu_local.deliveries ADD COLUMN leased_until timestamptz;
	UPDATE gpu_local.deliveries d
		SET owner = v.owner, receiver = COALESCE(substring(d.url from '^[A-Za-z]+://[^/?#]+'), '')
		FROM gpu_local.videos v WHERE v.id = d.video_id;
	CREATE INDEX deliveries_due ON gpu_local.deliveries (next_at) WHERE status = 'pending';

	ALTER TABLE gpu_local.disabled_endpoints ADD COLUMN owner text NOT NULL DEFAULT '';
	ALTER TABLE gpu_local.disabled_endpoints DROP CONSTRAINT disabled_endpoints_pkey;
	ALTER TABLE gpu_local.disabled_endpoints ADD PRIMARY KEY (owner, url);

	CREATE TABLE gpu_local.loose_files (
		name text PRIMARY KEY,
		remove_after timestamptz NOT NULL
	);
	`,
	`
	CREATE TABLE gpu_local.pictures (
		video_id uuid PRIMARY KEY REFERENCES gpu_local.videos (id) ON DELETE CASCADE,
		bytes bytea NOT NULL
	);
	`,
	`
	CREATE TABLE gpu_local.durations (
		kind text NOT NULL,
		model text NOT NULL,
		le float8 NOT NULL,
		jobs bigint NOT NULL,
		seconds float8 NOT NULL,
		PRIMARY KEY (kind, model, le)
	);
	`,
	`
	ALTER TABLE gpu_local.runners ADD COLUMN devices jsonb NOT NULL DEFAULT '[]';
	`,
	`
	CREATE INDEX videos_listed ON gpu_local.videos (owner, number DESC);
	CREATE INDEX videos_runs ON gpu_local.videos (queue, finished_at DESC) WHERE run_ms IS NOT NULL;
	DROP INDEX gpu_local.videos_by_age;
	`,
];

/** Of the tables that this version makes and knows. */
export const TABLES_VERSION = MIGRATIONS.length;

/** Any number that no other program on the same PostgreSQL is likely to use. */
const LOCK_NUMBER = 7_848_401;

export async function migrate(database: Database): Promise<void> {
	await database.transaction(async (tx) => {
		await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCK_NUMBER]);
		await tx.query('CREATE SCHEMA IF NOT EXISTS gpu_local');
		await tx.query('CREATE TABLE IF NOT EXISTS gpu_local.version (version integer NOT NULL)');
		const [row] = await tx.query<{ version: number }>('SELECT version FROM gpu_local.version');
		const version = row?.version ?? 0;
		if (version > MIGRATIONS.length) {
			throw new Error(
				`The database was written by a newer gpu-local (version ${version} of its tables, this one knows ${MIGRATIONS.length}). Update gpu-local.`,
			);
		}
		if (version === MIGRATIONS.length) return;
		for (const statements of MIGRATIONS.slice(version)) {
			await tx.boss.executeSql(statements);
		}
		await tx.query('DELETE FROM gpu_local.version');
		await tx.query('INSERT INTO gpu_local.version (version) VALUES ($1)', [MIGRATIONS.length]);
	});
}

/** The tables of this program and of its queue. */
export async function tableNames(sql: Sql): Promise<string[]> {
	const rows = await sql.query<{ name: string }>(
		`SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
		WHERE schemaname LIKE 'gpu\\_local%' ORDER BY 1`,
	);
	return rows.map(({ name }) => name);
}
