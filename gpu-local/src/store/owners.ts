import type { Database, Sql } from '../db/database.ts';

/** Everything of one owner becomes another's. An idempotency key that both used stays with the new owner's job. */
export async function adoptJobs(database: Database, from: string, to: string): Promise<void> {
	await database.batch([
		{
			text: `UPDATE gpu_local.videos v SET owner = $2, idempotency_key = CASE WHEN EXISTS (
					SELECT 1 FROM gpu_local.videos x
					WHERE x.owner = $2 AND x.idempotency_key = v.idempotency_key
				) THEN NULL ELSE v.idempotency_key END
				WHERE v.owner = $1`,
			values: [from, to],
		},
		{
			text: 'UPDATE gpu_local.deliveries SET owner = $2 WHERE owner = $1',
			values: [from, to],
		},
		{
			text: 'DELETE FROM gpu_local.disabled_endpoints WHERE owner = $1',
			values: [from],
		},
	]);
}

export async function countJobsOf(sql: Sql, owner: string): Promise<number> {
	const [row] = await sql.query<{ count: unknown }>(
		'SELECT COUNT(*) AS count FROM gpu_local.videos WHERE owner = $1',
		[owner],
	);
	return Number(row?.count ?? 0);
}
