import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Who holds a data folder. */
interface Holder {
	pid: number;
	host: string;
	/** Changes with every boot, where the system tells. */
	boot: string;
	/** When the process started, where the system tells: process ids come back. */
	started: string;
	token: string;
}

const LOCK_FILE = 'server.lock';
const TOUCH_EVERY_MS = 10_000;
/** Only for a holder on another machine, of which nothing else can be known. */
const SILENT_AFTER_MS = 60_000;

export class FolderInUseError extends Error {
	override readonly name = 'FolderInUseError';
}

/**
 * Takes the folder for this process, or throws a {@link FolderInUseError}. A lock is taken over only
 * when its holder is certainly dead. Returns the function that gives it back.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
	const path = join(folder, LOCK_FILE);
	const mine: Holder = {
		pid: process.pid,
		host: hostname(),
		boot: await readOr('/proc/sys/kernel/random/boot_id', ''),
		started: await startOf(process.pid),
		token: randomUUID(),
	};
	for (;;) {
		if (await create(path, mine)) break;
		const text = await readOr(path, '');
		if (!text) continue;
		const holder = parse(text);
		if (holder && (await isAlive(holder, mine, path))) throw inUse(folder, path, holder);
		await takeAway(folder, path, text);
	}
	const timer = setInterval(() => {
		const now = new Date();
		utimes(path, now, now).catch(() => undefined);
	}, TOUCH_EVERY_MS);
	timer.unref();
	return async () => {
		clearInterval(timer);
		if (parse(await readOr(path, ''))?.token === mine.token) await rm(path, { force: true });
	};
}

/** The lock appears whole or not at all: written aside, then linked to its name. */
async function create(path: string, mine: Holder): Promise<boolean> {
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

/** Removes a dead holder's lock; one that somebody took in the meantime is put back. */
async function takeAway(folder: string, path: string, expected: string): Promise<void> {
	const aside = `${path}.${randomUUID()}`;
	try {
		await rename(path, aside);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
		throw error;
	}
	const found = await readOr(aside, '');
	if (found !== expected) {
		await link(aside, path).catch(() => undefined);
		await rm(aside, { force: true });
		throw inUse(folder, path, parse(found));
	}
	await rm(aside, { force: true });
}

async function isAlive(holder: Holder, mine: Holder, path: string): Promise<boolean> {
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

function inUse(folder: string, path: string, holder: Holder | undefined): FolderInUseError {
	const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
	return new FolderInUseError(
		`The data folder ${folder} is in use by ${who}. Two servers on one folder would destroy its database. Stop the other server, or start this one with another --data folder. (The lock is ${path}.)`,
	);
}

function parse(text: string): Holder | undefined {
	try {
		return JSON.parse(text) as Holder;
	} catch {
		return undefined;
	}
}

async function readOr(path: string, otherwise: string): Promise<string> {
	try {
		return (await readFile(path, 'utf8')).trim();
	} catch {
		return otherwise;
	}
}
