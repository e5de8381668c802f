/** A worker's run of a job: it holds the job by a lease, and whoever lost the lease may change nothing any more. */
import type { Sql, Statement } from '../db/database.ts';
import type { EngineMemory, Progress } from '../engines/engine.ts';
import { SCHEMA } from '../queue/queue.ts';
import { toJson } from './json.ts';
import { toVideo } from './video.ts';
import type { Artifact, VideoError, VideoRow } from './video.ts';

/** Takes an open job for one run. Undefined where it was cancelled or finished in the meantime. */
export async function leaseVideo(
	sql: Sql,
	id: string,
	lease: string,
	worker: string,
): Promise<VideoRow | undefined> {
	const [row] = await sql.query<Record<string, unknown>>(
		`UPDATE gpu_local.videos SET status = 'running', stage = 'starting', step = NULL, steps = NULL,
			progress = 0, attempts = attempts + 1, claim = $2, runner = $3, error = NULL,
			started_at = clock_timestamp(), updated_at = clock_timestamp()
		WHERE id = $1 AND status IN ('queued', 'running') RETURNING *`,
		[id, lease, worker],
	);
	return row && toVideo(row);
}

export async function saveProgress(
	sql: Sql,
	lease: string,
	progress: Progress,
	percent: number,
): Promise<void> {
	await sql.query(
		`UPDATE gpu_local.videos SET stage = $2, step = $3, steps = $4,
			progress = GREATEST(progress, $5), updated_at = clock_timestamp()
		WHERE claim = $1 AND status = 'running'`,
		[lease, progress.stage, progress.step ?? null, progress.steps ?? null, percent],
	);
}

/** Stores what the engine remembers of the job, for the next attempt. */
export async function rememberForEngine(
	sql: Sql,
	lease: string,
	engine: string,
	memory: EngineMemory | undefined,
): Promise<void> {
	await sql.query(
		`UPDATE gpu_local.videos SET engine_memory = $2 WHERE claim = $1 AND status = 'running'`,
		[lease, memory === undefined ? null : toJson({ engine, memory })],
	);
}

/** What this engine still remembers of jobs that ended without a video. */
export async function abandonedVideos(
	sql: Sql,
	engine: string,
	limit: number,
): Promise<Array<{ id: string; memory: EngineMemory }>> {
	return await sql.query<{ id: string; memory: EngineMemory }>(
		`SELECT id, engine_memory->'memory' AS memory FROM gpu_local.videos
		WHERE engine_memory IS NOT NULL AND status IN ('cancelled', 'failed')
			AND engine_memory->>'engine' = $1
		ORDER BY updated_at LIMIT $2`,
		[engine, limit],
	);
}

export async function forgetForEngine(sql: Sql, id: string): Promise<void> {
	await sql.query('UPDATE gpu_local.videos SET engine_memory = NULL WHERE id = $1', [id]);
}

/** Which of these leases still hold: the others were cancelled or taken over. */
export async function heldLeases(sql: Sql, leases: string[]): Promise<Set<string>> {
	const rows = await sql.query<{ lease: string }>(
		`SELECT claim AS lease FROM gpu_local.videos WHERE claim = ANY($1::uuid[]) AND status = 'running'`,
		[leases],
	);
	return new Set(rows.map(({ lease }) => lease));
}

export interface Completion {
	artifact: Artifact;
	settings: Record<string, unknown>;
	warnings: string[];
	timings: Record<string, number>;
	expiresAt: Date;
}

/** No row where the lease was lost: then the result must be thrown away. */
export const completeVideo = (lease: string, done: Completion): Statement => ({
	text: `UPDATE gpu_local.videos SET status = 'completed', stage = NULL, step = NULL, steps = NULL,
			progress = 100, artifact = $2, settings = $3, warnings = $4, timings = $5, expires_at = $6,
			engine_memory = NULL,
			run_ms = EXTRACT(EPOCH FROM clock_timestamp() - started_at) * 1000,
			finished_at = clock_timestamp(), updated_at = clock_timestamp()
		WHERE claim = $1 AND status = 'running' RETURNING *`,
	values: [
		lease,
		toJson(done.artifact),
		toJson(done.settings),
		toJson(done.warnings),
		toJson(done.timings),
		done.expiresAt,
	],
});

/** No row where the lease was lost. */
export const failVideo = (lease: string, error: VideoError): Statement => ({
	text: `UPDATE gpu_local.videos SET status = 'failed', stage = NULL, error = $2,
			finished_at = clock_timestamp(), updated_at = clock_timestamp()
		WHERE claim = $1 AND status = 'running' RETURNING *`,
	values: [lease, toJson(error)],
});

/** Puts a running job back into the queue; `refund` does not count the run as an attempt. */
export const releaseVideo = (lease: string, refund: boolean): Statement => ({
	text: `UPDATE gpu_local.videos SET status = 'queued', stage = NULL, step = NULL, steps = NULL,
			progress = 0, claim = NULL, attempts = attempts - $2, updated_at = clock_timestamp()
		WHERE claim = $1 AND status = 'running'`,
	values: [lease, refund ? 1 : 0],
});

/** Nobody is at work any more on what is marked as running: it waits again. */
export async function requeueRunning(sql: Sql): Promise<void> {
	await sql.query(
		`UPDATE gpu_local.videos SET status = 'queued', stage = NULL, step = NULL, steps = NULL,
			progress = 0, claim = NULL, updated_at = clock_timestamp() WHERE status = 'running'`,
	);
}

/** Open jobs whose queue entry was given up, or is gone: nobody will run them any more. */
export async function lostVideos(sql: Sql): Promise<string[]> {
	const rows = await sql.query<{ id: string }>(
		`SELECT v.id FROM gpu_local.videos v
		LEFT JOIN ${SCHEMA}.job j ON j.id = v.id AND j.name = v.queue
		WHERE v.status IN ('queued', 'running') AND v.created_at < now() - interval '5 seconds'
			AND (j.id IS NULL OR j.state IN ('failed', 'cancelled', 'completed'))`,
	);
	return rows.map(({ id }) => id);
}

/** Ends an open job that no attempt holds. */
export const failOpenVideo = (id: string, error: VideoError): Statement => ({
	text: `UPDATE gpu_local.videos SET status = 'failed', stage = NULL, error = $2,
			finished_at = clock_timestamp(), updated_at = clock_timestamp()
		WHERE id = $1 AND status IN ('queued', 'running')`,
	values: [id, toJson(error)],
});
