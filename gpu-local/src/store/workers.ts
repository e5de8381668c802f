import type { Sql } from '../db/database.ts';
import type { ModelInfo } from '../engines/engine.ts';

/** A process that makes videos, as the servers see it. */
export interface Runner {
	id: string;
	host: string;
	engine: string;
	slots: number;
	fallback_model: string | null;
	models: ModelInfo[];
}

export const REPORT_EVERY_MS = 5000;
/** A runner that has been silent for so long is gone. */
const SILENT_AFTER_SECONDS = 30;

export async function reportRunner(sql: Sql, runner: Runner): Promise<void> {
	await sql.query(
		`INSERT INTO gpu_local.runners (id, host, engine, slots, fallback_model, models)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET models = EXCLUDED.models, seen_at = clock_timestamp()`,
		[
			runner.id,
			runner.host,
			runner.engine,
			runner.slots,
			runner.fallback_model,
			JSON.stringify(runner.models),
		],
	);
}

export async function removeRunner(sql: Sql, id: string): Promise<void> {
	await sql.query('DELETE FROM gpu_local.runners WHERE id = $1', [id]);
}

export async function removeAllRunners(sql: Sql): Promise<void> {
	await sql.query('DELETE FROM gpu_local.runners');
}

export async function liveRunners(sql: Sql): Promise<Runner[]> {
	await sql.query(`DELETE FROM gpu_local.runners WHERE seen_at < now() - interval '1 day'`);
	return await sql.query<Runner>(
		`SELECT id, host, engine, slots, fallback_model, models FROM gpu_local.runners
		WHERE seen_at > clock_timestamp() - interval '${SILENT_AFTER_SECONDS} seconds'
		ORDER BY engine, host, id`,
	);
}
