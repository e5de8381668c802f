/** Every variable of the Compose file is one that the n8n of today reads. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ensureN8nHost } from '../../scripts/n8n-host/install';
import { terminalProgress } from '../../scripts/start/terminal';
import { deployFile, readCompose, readDotEnv } from '../support/composeFile';

/** For the system's clock, not for n8n. */
const OF_THE_SYSTEM = ['TZ'];

const SECRETS = { POSTGRES_PASSWORD: 'x', N8N_ENCRYPTION_KEY: 'x', GPU_LOCAL_API_KEYS: 'x' };

it('n8n reads every variable that the Compose file gives it', async () => {
	const { folder } = await ensureN8nHost(terminalProgress());
	const { services } = readCompose('compose.yaml', {
		...readDotEnv(deployFile('.env.example')),
		...SECRETS,
	});
	const asked = ['n8n', 'n8n-main', 'n8n-worker'].flatMap((name) =>
		Object.keys(services[name]!.environment ?? {}),
	);
	const unread = new Set(asked.filter((name) => !OF_THE_SYSTEM.includes(name)));
	expect(unread.size).toBeGreaterThan(15);
	for (const part of ['@n8n/config', 'n8n', 'n8n-core']) {
		const dist = join(folder, 'node_modules', part, 'dist');
		for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
			if (!file.endsWith('.js') || unread.size === 0) continue;
			const text = readFileSync(join(dist, file), 'utf8');
			for (const name of unread) {
				if (new RegExp(`Env\\(['"]${name}['"]|env\\.${name}\\b|['"]${name}['"]`).test(text)) {
					unread.delete(name);
				}
			}
		}
	}
	expect([...unread]).toEqual([]);
});
