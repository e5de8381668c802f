import type { Sql, Statement } from '../db/database.ts';

/** Upper ends of the buckets, in seconds: from a preview to a long job on a slow card. */
export const BUCKETS_SECONDS = [
	0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600,
] as const;

export type DurationKind = 'wait' | 'run';

/** How many jobs of a model took at most `le` seconds and more than the bucket below. */
export interface DurationCount {
	kind: DurationKind;
	model: string;
	/** `Infinity` for those above the last bucket. */
	le: number;
	jobs: number;
	/** Of all these jobs together. */
	seconds: number;
}

/**
 * With the statement that ends a job: counts how long it waited and, where it was completed, ran. Counts stay when
 * the job is deleted. Changes nothing where that statement did not end the job in this same transaction.
 */
export const countDurations = (lease: string): Statement => ({
	text: `INSERT INTO gpu_local.durations AS known (kind, model, le, jobs, seconds)
		SELECT took.kind, v.request->>'model',
			COALESCE((SELECT MIN(le) FROM unnest($2::float8[]) AS le WHERE le >= took.seconds),
				'Infinity'),
			1, took.seconds
		FROM gpu_local.videos v, LATERAL (VALUES
			('wait', EXTRACT(EPOCH FROM v.started_at - v.created_at)::float8),
			('run', v.run_ms / 1000.0::float8)
		) AS took (kind, seconds)
		WHERE v.claim = $1 AND v.status IN ('completed', 'failed') AND took.seconds IS NOT NULL
			AND v.xmin = pg_current_xact_id()::xid
		ON CONFLICT (kind, model, le) DO UPDATE
			SET jobs = known.jobs + 1, seconds = known.seconds + EXCLUDED.seconds`,
	values: [lease, [...BUCKETS_SECONDS]],
});

export async function durationCounts(sql: Sql): Promise<DurationCount[]> {
	const rows = await sql.query<Record<keyof DurationCount, unknown>>(
		'SELECT kind, model, le, jobs, seconds FROM gpu_local.durations ORDER BY kind, model, le',
	);
	return rows.map(({ kind, model, le, jobs, seconds }) => ({
		kind: kind as DurationKind,
		model: String(model),
		le: Number(le),
		jobs: Number(jobs),
		seconds: Number(seconds),
	}));
}
