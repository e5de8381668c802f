import type { Sql } from '../db/database.ts';

/** The stored value, or `initial` where nobody has stored one yet: all servers agree on the first. */
export async function settingOr(sql: Sql, name: string, initial: string): Promise<string> {
	await sql.query(
		'INSERT INTO gpu_local.settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
		[name, initial],
	);
	const [row] = await sql.query<{ value: string }>(
		'SELECT value FROM gpu_local.settings WHERE name = $1',
		[name],
	);
	return row!.value;
}

/** The stored value; undefined too where no server has made its tables yet. */
export async function setting(sql: Sql, name: string): Promise<string | undefined> {
	const [there] = await sql.query<{ made: boolean }>(
		"SELECT to_regclass('gpu_local.settings') IS NOT NULL AS made",
	);
	if (!there?.made) return undefined;
	const [row] = await sql.query<{ value: string }>(
		'SELECT value FROM gpu_local.settings WHERE name = $1',
		[name],
	);
	return row?.value;
}
