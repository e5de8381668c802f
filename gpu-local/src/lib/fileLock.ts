import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Who holds a lock file. */
export interface LockHolder {
	pid: number;
	host: string;
	/** Changes with every boot, where the system tells. */
	boot: string;
	/** When the process started, where the system tells: process ids come back. */
	started: string;
	token: string;
}

export type Release = () => Promise<void>;

const TOUCH_EVERY_MS = 10_000;
/** Only for a holder on another machine, of which nothing else can be known. */
const SILENT_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 500;

/**
 * Takes the lock file for this process. A lock is taken over only when its holder is certainly dead.
 * Ours and not `proper-lockfile`: that one goes by the age of the file alone, and a process that was
 * suspended for a minute would lose a database that it still writes to.
 */
export async function tryLock(
	path: string,
): Promise<{ release: Release } | { holder: LockHolder | undefined }> {
	const mine: LockHolder = {
		pid: process.pid,
		host: hostname(),
		boot: await readOr('/proc/sys/kernel/random/boot_id', ''),
		started: await startOf(process.pid),
		token: randomUUID(),
	};
	for (;;) {
		if (await create(path, mine)) break;
		const text = await readOr(path, undefined);
		if (text === undefined) continue;
		const holder = parse(text);
		if (holder && (await isAlive(holder, mine, path))) return { holder };
		const inTheWay = await takeAway(path, text);
		if (inTheWay !== undefined) return { holder: parse(inTheWay) };
	}
	const timer = setInterval(() => {
		const now = new Date();
		utimes(path, now, now).catch(() => undefined);
	}, TOUCH_EVERY_MS);
	timer.unref();
	return {
		release: async () => {
			clearInterval(timer);
			if (parse(await readOr(path, ''))?.token === mine.token) await rm(path, { force: true });
		},
	};
}

/** Waits for as long as another process holds the lock. */
export async function waitForLock(path: string, onWait: () => void): Promise<Release> {
	for (let told = false; ; told = true) {
		const lock = await tryLock(path);
		if ('release' in lock) return lock.release;
		if (!told) onWait();
		await sleep(LOOK_EVERY_MS);
	}
}

/** The lock appears whole or not at all: written aside, then linked to its name. */
async function create(path: string, mine: LockHolder): Promise<boolean> {
	const aside = `${path}.${mine.token}`;
	const file = await open(aside, 'wx', 0o600);
	await file.writeFile(JSON.stringify(mine));
	await file.close();
	try {
		await link(aside, path);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
		throw error;
	} finally {
		await rm(aside, { force: true });
	}
}

/** Removes a dead holder's lock; one that somebody took in the meantime is put back and returned. */
async function takeAway(path: string, expected: string): Promise<string | undefined> {
	const aside = `${path}.${randomUUID()}`;
	try {
		await rename(path, aside);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
	const found = await readOr(aside, '');
	if (found !== expected) await link(aside, path).catch(() => undefined);
	await rm(aside, { force: true });
	return found === expected ? undefined : found;
}

async function isAlive(holder: LockHolder, mine: LockHolder, path: string): Promise<boolean> {
	if (holder.host !== mine.host) {
		const touched = await stat(path).then(
			({ mtimeMs }) => mtimeMs,
			() => 0,
		);
		return Date.now() - touched < SILENT_AFTER_MS;
	}
	if (holder.boot !== mine.boot) return false;
	try {
		process.kill(holder.pid, 0);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
	}
	return holder.started === (await startOf(holder.pid));
}

/** Clock ticks after boot at which a process started (Linux); empty elsewhere. */
async function startOf(pid: number): Promise<string> {
	const line = await readOr(`/proc/${pid}/stat`, '');
	return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function parse(text: string): LockHolder | undefined {
	try {
		return JSON.parse(text) as LockHolder;
	} catch {
		return undefined;
	}
}

async function readOr<Otherwise>(path: string, otherwise: Otherwise): Promise<string | Otherwise> {
	try {
		return (await readFile(path, 'utf8')).trim();
	} catch {
		return otherwise;
	}
}
