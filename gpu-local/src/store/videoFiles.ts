/** The files that jobs have, until their time is up. */
import type { Sql, Statement } from '../db/database.ts';
import { toVideo } from './video.ts';
import type { Artifact, StoredFile, VideoRow } from './video.ts';

/** The picture of a video that is there. No row where the job does not have this file any more. */
export const addPoster = (id: string, fileName: string, poster: StoredFile): Statement => ({
	text: `UPDATE gpu_local.videos SET artifact = artifact || jsonb_build_object('poster', $3::jsonb)
		WHERE id = $1 AND artifact->>'name' = $2 RETURNING id`,
	values: [id, fileName, JSON.stringify(poster)],
});

/** Jobs that have a file whose time is up. */
export async function expireVideos(sql: Sql, limit: number): Promise<VideoRow[]> {
	const rows = await sql.query<Record<string, unknown>>(
		`SELECT * FROM gpu_local.videos
		WHERE artifact IS NOT NULL AND expires_at < clock_timestamp() ORDER BY expires_at LIMIT $1`,
		[limit],
	);
	return rows.map(toVideo);
}

/** After the file is gone. The job itself stays readable. */
export async function markExpired(sql: Sql, id: string): Promise<void> {
	await sql.query(
		`UPDATE gpu_local.videos SET status = 'expired', artifact = NULL, updated_at = clock_timestamp()
		WHERE id = $1 AND status = 'completed'`,
		[id],
	);
}

/** Bytes of all files that jobs refer to. */
export async function artifactBytes(sql: Sql): Promise<number> {
	const [row] = await sql.query<{ bytes: unknown }>(
		`SELECT COALESCE(SUM((artifact->>'bytes')::bigint
			+ COALESCE((artifact->'poster'->>'bytes')::bigint, 0)), 0) AS bytes
		FROM gpu_local.videos WHERE artifact IS NOT NULL`,
	);
	return Number(row?.bytes ?? 0);
}

/** The file of this name, which begins with its job's id. Undefined where the job has it no more. */
export async function artifactNamed(sql: Sql, name: string): Promise<Artifact | undefined> {
	const [row] = await sql.query<{ artifact: Artifact | null }>(
		'SELECT artifact FROM gpu_local.videos WHERE id = $1',
		[name.slice(0, 32)],
	);
	return row?.artifact?.name === name ? row.artifact : undefined;
}

/** The files of all jobs. */
export const storedFiles: Statement = {
	text: 'SELECT artifact FROM gpu_local.videos WHERE artifact IS NOT NULL',
};
