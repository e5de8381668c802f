import type { Sql, Statement } from '../db/database.ts';

/**
 * Files in the artifact store that no job has, or not yet: noted before they are written and before their job is
 * deleted. Only what is noted here is ever cleaned away, because the place may be shared with other installations.
 */
export async function noteLooseFile(sql: Sql, name: string, removeAfter: Date): Promise<void> {
	await sql.query(
		`INSERT INTO gpu_local.loose_files (name, remove_after) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET remove_after = EXCLUDED.remove_after`,
		[name, removeAfter],
	);
}

/** With the statement that gives the file to its job; changes nothing where that did not. */
export const keepFile = (videoId: string, name: string): Statement => ({
	text: `DELETE FROM gpu_local.loose_files l USING gpu_local.videos v
		WHERE l.name = $2 AND v.id = $1 AND $2 IN (v.artifact->>'name', v.artifact->'poster'->>'name')`,
	values: [videoId, name],
});

/** Before the statement that deletes the job. */
export const looseFilesOf = (videoId: string): Statement => ({
	text: `INSERT INTO gpu_local.loose_files (name, remove_after)
		SELECT files.name, clock_timestamp() FROM gpu_local.videos v, LATERAL (
			VALUES (v.artifact->>'name'), (v.artifact->'poster'->>'name')
		) AS files (name)
		WHERE v.id = $1 AND files.name IS NOT NULL
		ON CONFLICT (name) DO UPDATE SET remove_after = clock_timestamp()`,
	values: [videoId],
});

export async function looseFiles(sql: Sql, now: Date, limit: number): Promise<string[]> {
	const rows = await sql.query<{ name: string }>(
		`SELECT l.name FROM gpu_local.loose_files l
		WHERE l.remove_after < $1 AND NOT EXISTS (
			SELECT 1 FROM gpu_local.videos v
			WHERE v.id = substring(l.name, 1, 32)::uuid
				AND l.name IN (v.artifact->>'name', v.artifact->'poster'->>'name')
		) ORDER BY l.remove_after LIMIT $2`,
		[now, limit],
	);
	return rows.map(({ name }) => name);
}

/** After it was removed. */
export async function forgetLooseFile(sql: Sql, name: string): Promise<void> {
	await sql.query('DELETE FROM gpu_local.loose_files WHERE name = $1', [name]);
}
