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
