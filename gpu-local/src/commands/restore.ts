import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openFolderStore } from '../artifacts/folderStore.ts';
import { openS3Store } from '../artifacts/s3Store.ts';
import { VIDEOS, videosIn } from '../backup/format.ts';
import type { Manifest } from '../backup/format.ts';
import { removeUnfinished } from '../backup/pack.ts';
import { inspectBackup, unpackBackup } from '../backup/unpack.ts';
import type { Config } from '../config.ts';
import { lockFolder } from '../db/folderLock.ts';
import { DATABASE_FOLDER, openPglite } from '../db/pglite/open.ts';
import { UsageError } from '../lib/usageError.ts';
import { countByStatus } from '../store/statistics.ts';
import { readConfig } from './config.ts';
import type { Terminal } from './terminal.ts';

const RESTORE_HELP = `gpu-local restore FILE [--force] [OPTIONS]

Puts back what "gpu-local backup" packed, into a data folder (--data) that nothing is in yet; models may be there. Jobs
that waited or ran wait again when the server starts.

  --force      Also where there is something. What was there is moved into a folder of its own, not deleted.`;

/** What a restore does not touch: it is not in a backup. */
const UNTOUCHED =
	/^(models$|server\.lock|restore\.unfinished-|backup\.unfinished-|before-restore-)/;

/** `gpu-local restore`. */
export async function restoreCommand(args: string[], { env, out }: Terminal): Promise<void> {
	const [file, ...rest] = args.filter((arg) => arg !== '--force');
	if (file === undefined || file.startsWith('-')) {
		if (args.includes('--help')) return out(RESTORE_HELP);
		throw new UsageError(`Give the FILE to restore first.\n\n${RESTORE_HELP}`);
	}
	const config = readConfig(rest, env, 'server');
	const path = resolve(file);
	const manifest = await inspectBackup(path);
	checkDatabaseKind(manifest, config);
	const { dataFolder } = config;
	await mkdir(dataFolder, { recursive: true, mode: 0o700 });
	// A server that runs there holds it.
	const unlock = await lockFolder(dataFolder);
	try {
		const there = (await readdir(dataFolder)).filter((name) => !UNTOUCHED.test(name));
		if (there.length > 0 && !args.includes('--force')) {
			throw new UsageError(
				`${dataFolder} is not empty (${there.slice(0, 5).join(', ')}). Nothing was restored. Give another --data folder, or --force: what is there is then moved aside, not deleted.`,
			);
		}
		const jobs = await restore(path, manifest, config, there);
		out(
			`Restored to ${dataFolder}, as of ${manifest.made_at}: ${jobs === undefined ? '' : `${jobs}, `}videos: ${videosIn(manifest)}.`,
		);
		if (manifest.database.kind === 'postgresql') {
			out('The database is not in this backup: restore it with pg_restore or psql.');
		}
		if (!manifest.videos_included) {
			out('The videos are not in this backup: they lie in the storage that --artifacts named.');
		}
	} finally {
		await unlock();
	}
}

function checkDatabaseKind({ database }: Manifest, { databaseUrl }: Config): void {
	if (database.kind === 'built-in' && databaseUrl !== undefined) {
		throw new UsageError(
			'This backup holds a built-in database, which cannot be put into PostgreSQL. Leave --database-url (DATABASE_URL) out.',
		);
	}
	if (database.kind === 'postgresql' && databaseUrl === undefined) {
		throw new UsageError(
			'This backup is of a server with PostgreSQL and holds its videos only. Give the --database-url (DATABASE_URL) of the database that they belong to.',
		);
	}
}

const UNFINISHED = 'restore.unfinished-';

/** The database comes last: without it nothing of the rest counts. Gives the jobs in it, in words. */
async function restore(
	path: string,
	manifest: Manifest,
	{ dataFolder, artifactsPlace, env }: Config,
	there: string[],
): Promise<string | undefined> {
	await removeUnfinished(dataFolder, UNFINISHED);
	const aside = await mkdtemp(join(dataFolder, UNFINISHED));
	try {
		await unpackBackup(path, manifest, aside);
		const jobs = manifest.database.kind === 'built-in' ? await jobsIn(aside) : undefined;
		if (there.length > 0) {
			const before = await mkdtemp(join(dataFolder, 'before-restore-'));
			for (const name of there) await rename(join(dataFolder, name), join(before, name));
		}
		const artifacts = artifactsPlace.startsWith('s3://')
			? openS3Store(artifactsPlace, env)
			: await openFolderStore(artifactsPlace);
		for (const { name, type } of manifest.files) {
			await artifacts.put(join(aside, VIDEOS, name), name, type);
		}
		const database = join(aside, DATABASE_FOLDER);
		if (existsSync(database)) await rename(database, join(dataFolder, DATABASE_FOLDER));
		return jobs;
	} finally {
		await rm(aside, { recursive: true, force: true });
	}
}

/** Opens the database where it was unpacked, so that one that does not work is never put in place. */
async function jobsIn(folder: string): Promise<string> {
	const database = await openPglite(folder);
	try {
		const counts = await countByStatus(database);
		const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
		const { queued = 0, running = 0 } = counts;
		return `jobs: ${all}, of which ${queued + running} are to be made`;
	} finally {
		await database.close();
	}
}
