import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sql } from '../db/database.ts';
import { setting, settingOr } from '../store/settings.ts';

const NAME = 'webhook_secret';
const FILE = 'webhook-secret';
const SECRET_BYTES = 32;

/**
 * The secrets that callbacks are signed with: those that were configured, else one of this
 * installation's own. A copy lies in the data folder, for `gpu-local webhook-secret` while the server
 * holds the database.
 */
export async function webhookSecrets(
	sql: Sql,
	dataFolder: string,
	configured: readonly string[],
): Promise<string[]> {
	if (configured.length > 0) return [...configured];
	const fresh = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
	const secret = await settingOr(sql, NAME, fresh);
	await writeFile(join(dataFolder, FILE), `${secret}\n`, { mode: 0o600 });
	return [secret];
}

/** The one in the database, whichever server made it. */
export const storedWebhookSecret = async (sql: Sql): Promise<string | undefined> =>
	await setting(sql, NAME);

export async function readWebhookSecret(dataFolder: string): Promise<string | undefined> {
	try {
		return (await readFile(join(dataFolder, FILE), 'utf8')).trim();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}
