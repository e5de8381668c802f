import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const POLL_MS = 1_000;
/** A lock whose holder has not yet written its process number is respected for this long. */
const UNSIGNED_LOCK_MS = 10_000;

/**
 * Runs `work` while no other process on this machine runs it for the same folder. A lock left
 * behind by a process that no longer lives is taken over.
 */
export async function withFolderLock<T>(
	lockFolder: string,
	work: () => Promise<T>,
	onWait: (holder: number | undefined) => void = () => {},
): Promise<T> {
	const owner = join(lockFolder, 'pid');
	await mkdir(dirname(lockFolder), { recursive: true });
	for (let told = false; ;) {
		try {
			await mkdir(lockFolder);
			break;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
		}
		const holder = await lockHolder(lockFolder, owner);
		if (holder === 'abandoned') {
			await rm(lockFolder, { recursive: true, force: true });
			continue;
		}
		if (!told) onWait(holder);
		told = true;
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
	await writeFile(owner, String(process.pid));
	try {
		return await work();
	} finally {
		await rm(lockFolder, { recursive: true, force: true });
	}
}

async function lockHolder(
	lockFolder: string,
	owner: string,
): Promise<number | undefined | 'abandoned'> {
	try {
		const pid = Number(await readFile(owner, 'utf8'));
		if (pid > 0) return processLives(pid) ? pid : 'abandoned';
	} catch {
		// Not signed yet, or released this moment.
	}
	const age = await stat(lockFolder).then(
		(found) => Date.now() - found.mtimeMs,
		() => 0,
	);
	return age > UNSIGNED_LOCK_MS ? 'abandoned' : undefined;
}

/** Whether a process with this number runs. */
export function processLives(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}
