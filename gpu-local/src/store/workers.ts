import type { Sql } from '../db/database.ts';
import type { EngineDevice, ModelInfo } from '../engines/engine.ts';
import { toJson } from './json.ts';

/** A process that makes videos, as the servers see it. */
export interface WorkerRecord {
	id: string;
	host: string;
	engine: string;
	slots: number;
	fallback_model: string | null;
	models: ModelInfo[];
	/** Empty where they are another server's, or not known yet. */
	devices: EngineDevice[];
}

export const REPORT_EVERY_MS = 5000;
/** A worker that has been silent for so long is gone. */
const SILENT_AFTER_SECONDS = 30;

export async function reportWorker(sql: Sql, worker: WorkerRecord): Promise<void> {
	await sql.query(
		`INSERT INTO gpu_local.runners (id, host, engine, slots, fallback_model, models, devices)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET models = EXCLUDED.models, devices = EXCLUDED.devices,
			 seen_at = clock_timestamp()`,
		[
			worker.id,
			worker.host,
			worker.engine,
			worker.slots,
			worker.fallback_model,
			toJson(worker.models),
			toJson(worker.devices),
		],
	);
}

export async function removeWorker(sql: Sql, id: string): Promise<void> {
	await sql.query('DELETE FROM gpu_local.runners WHERE id = $1', [id]);
}

export async function removeAllWorkers(sql: Sql): Promise<void> {
	await sql.query('DELETE FROM gpu_local.runners');
}

export async function liveWorkers(sql: Sql): Promise<WorkerRecord[]> {
	await sql.query(`DELETE FROM gpu_local.runners WHERE seen_at < now() - interval '1 day'`);
	return await sql.query<WorkerRecord>(
		`SELECT id, host, engine, slots, fallback_model, models, devices FROM gpu_local.runners
		WHERE seen_at > clock_timestamp() - interval '${SILENT_AFTER_SECONDS} seconds'
		ORDER BY engine, host, id`,
	);
}
