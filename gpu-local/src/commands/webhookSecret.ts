import { readWebhookSecret, storedWebhookSecret } from '../callbacks/secrets.ts';
import { openPostgres } from '../db/postgres.ts';
import { UsageError } from '../lib/usageError.ts';
import { readConfig } from './config.ts';
import type { Terminal } from './terminal.ts';

/** `gpu-local webhook-secret`. */
export async function webhookSecretCommand(args: string[], { env, out }: Terminal): Promise<void> {
	const { dataFolder, databaseUrl, webhookSecrets } = readConfig(args, env, 'server');
	const secret =
		webhookSecrets[0] ??
		(databaseUrl === undefined
			? await readWebhookSecret(dataFolder)
			: await sharedSecret(databaseUrl));
	if (secret === undefined) {
		throw new UsageError(
			`There is no webhook secret in ${databaseUrl === undefined ? dataFolder : 'the database'} yet. It is made when the server starts for the first time.`,
		);
	}
	out(secret);
}

/** All servers on one PostgreSQL sign with the secret that lies there. */
async function sharedSecret(databaseUrl: string): Promise<string | undefined> {
	const database = await openPostgres(databaseUrl, () => undefined, 0);
	try {
		return await storedWebhookSecret(database);
	} finally {
		await database.close();
	}
}
