/** Puts a long history behind a server that is stopped. */
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openPglite } from '../../gpu-local/src/db/pglite/open.ts';
import { openPostgres } from '../../gpu-local/src/db/postgres.ts';

const TWO_DAYS_SECONDS = 2 * 24 * 3600;

/** Finished jobs of two days ago, copies of one that there is, each with a file. */
export async function seedFinished(
	dataFolder: string,
	databaseUrl: string | undefined,
	count: number,
): Promise<void> {
	const database = databaseUrl
		? await openPostgres(databaseUrl, () => undefined, 10_000)
		: await openPglite(dataFolder);
	const columns = `owner, dialect, status, queue, request, warnings, dialect_data, request_hash, priority,
		fair_order, work, progress, attempts, runner, settings, timings, started_at, finished_at, expires_at, run_ms`;
	const rows = await database.query<{ name: string }>(
		`WITH model AS (SELECT * FROM gpu_local.videos WHERE artifact IS NOT NULL LIMIT 1)
		INSERT INTO gpu_local.videos (id, artifact, created_at, updated_at, ${columns})
		SELECT fresh.id, artifact - 'poster' || jsonb_build_object('name', replace(fresh.id::text, '-', '') || '-00.mp4'),
			now() - interval '2 days', now() - interval '2 days', ${columns}
		FROM model, (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::int)) AS fresh
		RETURNING artifact->>'name' AS name`,
		[count],
	);
	await database.close();
	if (rows.length !== count) throw new Error('There is no finished job to copy');
	const folder = join(dataFolder, 'videos');
	await mkdir(folder, { recursive: true });
	const then = Date.now() / 1000 - TWO_DAYS_SECONDS;
	for (const { name } of rows) {
		await writeFile(join(folder, name), 'x');
		await utimes(join(folder, name), then, then);
	}
}
