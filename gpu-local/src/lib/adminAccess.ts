import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod/v4';

/** In the data folder while a server runs there: whoever may read the data may ask the server for all of it. */
const FILE = 'admin.json';
const TOKEN_BYTES = 32;

const schema = z.object({ url: z.string(), token: z.string() });

/** Where the server of a data folder listens, and what opens its calls for operators. */
export type AdminAccess = z.infer<typeof schema>;

export const newAdminToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

export async function writeAdminAccess(dataFolder: string, access: AdminAccess): Promise<void> {
	await writeFile(join(dataFolder, FILE), JSON.stringify(access), { mode: 0o600 });
}

export async function removeAdminAccess(dataFolder: string): Promise<void> {
	await rm(join(dataFolder, FILE), { force: true });
}

/** Undefined where no server has said that it runs here. It may have crashed since. */
export async function readAdminAccess(dataFolder: string): Promise<AdminAccess | undefined> {
	try {
		return schema.parse(JSON.parse(await readFile(join(dataFolder, FILE), 'utf8')));
	} catch {
		return undefined;
	}
}
