import { join } from 'node:path';
import { tryLock } from '../lib/fileLock.ts';
import type { Release } from '../lib/fileLock.ts';

const LOCK_FILE = 'server.lock';

export class FolderInUseError extends Error {
	override readonly name = 'FolderInUseError';
}

/** Takes the data folder for this process, or throws a {@link FolderInUseError}. */
export async function lockFolder(folder: string): Promise<Release> {
	const path = join(folder, LOCK_FILE);
	const lock = await tryLock(path);
	if ('release' in lock) return lock.release;
	const { holder } = lock;
	const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
	throw new FolderInUseError(
		`The data folder ${folder} is in use by ${who}. Two servers on one folder would destroy its database. Stop the other server, or start this one with another --data folder. (The lock is ${path}.)`,
	);
}
