import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { N8nHost } from './install';

/** What an n8n folder needs again on its next start. Nobody outside this computer gets it. */
export interface InstanceSecrets {
	/** Decrypts the stored credentials. */
	encryptionKey: string;
	ownerEmail: string;
	ownerPassword: string;
	/** Kept, because a new hash of the same password ends every session in the browser. */
	ownerPasswordHash: string;
	/** The unguessable part of the link that opens the editor without a login form. */
	openKey: string;
}

/** Reads the secrets of an n8n folder, or makes them on its first start. */
export async function instanceSecrets(folder: string, host: N8nHost): Promise<InstanceSecrets> {
	const file = join(folder, 'secrets.json');
	try {
		return JSON.parse(await readFile(file, 'utf8')) as InstanceSecrets;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
	}
	// n8n asks for a digit and a capital letter in every password.
	const ownerPassword = `V1-${randomBytes(9).toString('base64url')}`;
	const secrets: InstanceSecrets = {
		encryptionKey: randomBytes(24).toString('base64url'),
		ownerEmail: 'me@text-to-video.local',
		ownerPassword,
		ownerPasswordHash: hashPassword(ownerPassword, host),
		openKey: randomBytes(12).toString('hex'),
	};
	await mkdir(folder, { recursive: true });
	await writeFile(file, JSON.stringify(secrets, null, '\t'), { mode: 0o600 });
	return secrets;
}

/** Hashed as n8n itself does it, with n8n's own library. */
function hashPassword(password: string, host: N8nHost): string {
	const requireFromHost = createRequire(join(host.folder, 'node_modules', 'n8n', 'package.json'));
	const { hashSync } = requireFromHost('bcryptjs') as {
		hashSync: (text: string, rounds: number) => string;
	};
	return hashSync(password, 10);
}
