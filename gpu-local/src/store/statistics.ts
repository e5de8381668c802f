import type { Database, Sql } from '../db/database.ts';

export async function countByStatus(sql: Sql): Promise<Record<string, number>> {
	const rows = await sql.query<{ status: string; count: unknown }>(
		'SELECT status, COUNT(*) AS count FROM gpu_local.videos GROUP BY status',
	);
	return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
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

/** How long the job that has waited for longest has waited; 0 where none waits. */
export async function oldestWaitSeconds(sql: Sql): Promise<number> {
	const [row] = await sql.query<{ seconds: unknown }>(
		`SELECT COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - MIN(created_at)), 0)::float8 AS seconds
		FROM gpu_local.videos WHERE status = 'queued'`,
	);
	return Number(row?.seconds ?? 0);
}

/** Jobs of one key that wait or run. */
export async function countOpenJobs(sql: Sql, owner: string): Promise<number> {
	const [row] = await sql.query<{ count: unknown }>(
		`SELECT COUNT(*) AS count FROM gpu_local.videos
		WHERE owner = $1 AND status IN ('queued', 'running')`,
		[owner],
	);
	return Number(row?.count ?? 0);
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

/** What a waiting video is expected to need at most, by half a bit for each pixel of each frame. */
const EXPECTED_BYTES = `65536 + (request->>'width')::bigint * (request->>'height')::bigint
	* (request->>'num_frames')::bigint / 16`;

/** Work that is left at one place in the fair order of one queue. */
export interface OpenWork {
	queue: string;
	/** 0 for what runs already. */
	place: number;
	work: number;
}

export interface WaitingOfOwner {
	owner: string;
	jobs: number;
	expectedBytes: number;
}

/** Everything that waits and runs, in two sums; asked for rarely, and answered from then on. */
export async function openWork(
	database: Database,
): Promise<{ work: OpenWork[]; waiting: WaitingOfOwner[] }> {
	const [work, waiting] = await database.batch([
		{
			text: `SELECT queue, CASE WHEN status = 'running' THEN 0 ELSE fair_order END AS place,
				SUM(work * (100 - progress) / 100)::float8 AS work
				FROM gpu_local.videos WHERE status IN ('queued', 'running') GROUP BY 1, 2 ORDER BY 1, 2`,
		},
		{
			text: `SELECT owner, COUNT(*)::float8 AS jobs,
				SUM(${EXPECTED_BYTES})::float8 AS "expectedBytes"
				FROM gpu_local.videos WHERE status = 'queued' GROUP BY 1`,
		},
	]);
	return {
		work: work!.map(({ queue, place, work: left }) => ({
			queue: String(queue),
			place: Number(place),
			work: Number(left),
		})),
		waiting: waiting as unknown as WaitingOfOwner[],
	};
}

/** Where the waiting jobs of a key stand among all that wait for the same model, counted from 1. */
export async function queuePlaces(
	sql: Sql,
	owner: string,
	limit: number,
): Promise<Array<{ id: string; place: number; of: number }>> {
	const rows = await sql.query<{ id: string; place: unknown; of: unknown }>(
		`SELECT id, place, waiting AS of FROM (
			SELECT id, owner, row_number() OVER (PARTITION BY queue ORDER BY fair_order, number) AS place,
				COUNT(*) OVER (PARTITION BY queue) AS waiting
			FROM gpu_local.videos WHERE status = 'queued'
		) AS placed WHERE owner = $1 ORDER BY place LIMIT $2`,
		[owner, limit],
	);
	return rows.map(({ id, place, of }) => ({ id, place: Number(place), of: Number(of) }));
}
