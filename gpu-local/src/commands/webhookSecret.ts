import { readWebhookSecret } from '../callbacks/secrets.ts';
import { UsageError } from '../lib/usageError.ts';
import { readConfig } from './config.ts';
import type { Terminal } from './terminal.ts';

/** `gpu-local webhook-secret`. */
export async function webhookSecretCommand(args: string[], { env, out }: Terminal): Promise<void> {
	const { dataFolder, webhookSecrets } = readConfig(args, env, 'server');
	const secret = webhookSecrets[0] ?? (await readWebhookSecret(dataFolder));
	if (secret === undefined) {
		throw new UsageError(
			`There is no webhook secret in ${dataFolder} yet. It is made when the server starts for the first time.`,
		);
	}
	out(secret);
}
