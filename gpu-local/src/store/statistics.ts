import type { Sql } from '../db/database.ts';
import type { VideoRow } from './video.ts';

export async function countByStatus(sql: Sql): Promise<Record<string, number>> {
	const rows = await sql.query<{ status: string; count: unknown }>(
		'SELECT status, COUNT(*) AS count FROM gpu_local.videos GROUP BY status',
	);
	return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
}

export async function countQueued(sql: Sql, owner?: string): Promise<number> {
	const [row] = await sql.query<{ count: unknown }>(
		`SELECT COUNT(*) AS count FROM gpu_local.videos
		WHERE status = 'queued' AND ($1::text IS NULL OR owner = $1)`,
		[owner ?? null],
	);
	return Number(row?.count ?? 0);
}

/** Any number that no other lock on the same database bears. */
const ADMISSION_LOCK = 7_848_402;

/** Until the transaction ends nobody else counts and stores. */
export async function lockAdmission(tx: Sql): Promise<void> {
	await tx.query('SELECT pg_advisory_xact_lock($1)', [ADMISSION_LOCK]);
}

/** All run time of the jobs on record, and how many they are. */
export async function runTotals(sql: Sql): Promise<{ seconds: number; count: number }> {
	const [row] = await sql.query<{ seconds: unknown; count: unknown }>(
		`SELECT COALESCE(SUM(run_ms), 0) / 1000.0 AS seconds, COUNT(run_ms) AS count
		FROM gpu_local.videos`,
	);
	return { seconds: Number(row?.seconds ?? 0), count: Number(row?.count ?? 0) };
}

export async function countDeliveries(sql: Sql): Promise<Record<string, number>> {
	const rows = await sql.query<{ status: string; count: unknown }>(
		'SELECT status, COUNT(*) AS count FROM gpu_local.deliveries GROUP BY status',
	);
	return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
}

/** Rejects where the database does not answer. */
export async function ping(sql: Sql): Promise<void> {
	await sql.query('SELECT 1');
}

/** Finished runs that an estimate looks back on. */
const SAMPLE = 15;

export interface Pace {
	/** Of one unit of work (pixel × frame × step) on this queue; undefined before the first run. */
	secondsAUnit: number | undefined;
}

/** The median pace of the last runs of a model. */
export async function paceOf(sql: Sql, queue: string): Promise<Pace> {
	const [row] = await sql.query<{ pace: number | null }>(
		`SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY run_ms / 1000.0 / GREATEST(work, 1)) AS pace
		FROM (SELECT run_ms, work FROM gpu_local.videos
			WHERE queue = $1 AND run_ms IS NOT NULL ORDER BY finished_at DESC LIMIT ${SAMPLE}) AS runs`,
		[queue],
	);
	return { secondsAUnit: row?.pace === null || row === undefined ? undefined : Number(row.pace) };
}

/** Work that stands before a queued job on the same queue. */
export async function workAhead(sql: Sql, video: VideoRow): Promise<number> {
	const [row] = await sql.query<{ ahead: unknown }>(
		`SELECT COALESCE(SUM(work * (100 - progress) / 100), 0) AS ahead FROM gpu_local.videos
		WHERE queue = $1 AND (status = 'running' OR (status = 'queued' AND (priority > $2
			OR (priority = $2 AND fair_order < (SELECT fair_order FROM gpu_local.videos WHERE id = $3)))))`,
		[video.queue, video.priority, video.id],
	);
	return Number(row?.ahead ?? 0);
}
