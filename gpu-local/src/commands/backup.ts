import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { openFolderStore } from '../artifacts/folderStore.ts';
import { openS3Store } from '../artifacts/s3Store.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { videosIn } from '../backup/format.ts';
import type { Manifest } from '../backup/format.ts';
import { packBackup } from '../backup/pack.ts';
import { inspectBackup } from '../backup/unpack.ts';
import type { Config } from '../config.ts';
import { DATABASE_FOLDER, openPglite } from '../db/pglite/open.ts';
import { openPostgres } from '../db/postgres.ts';
import { readAdminAccess } from '../lib/adminAccess.ts';
import type { AdminAccess } from '../lib/adminAccess.ts';
import { UsageError } from '../lib/usageError.ts';
import { readConfig } from './config.ts';
import type { Terminal } from './terminal.ts';

const BACKUP_HELP = `gpu-local backup FILE [--with-videos] [OPTIONS]

Packs all jobs and finished videos into one new file, while the server runs or not. The data folder is found by the
options and environment variables that the server was started with (--data). The file holds the secrets that links and
callbacks are signed with: keep it where others do not read. Models are not in it.

With a PostgreSQL server (--database-url) only the videos are packed: back the database up with pg_dump.

  --with-videos  Also videos that lie in S3 storage (--artifacts s3://…), which else has copies of its own. They are
                 fetched to the data folder first, which needs room for all of them.`;

const WITH_VIDEOS = '--with-videos';

/** `gpu-local backup`. */
export async function backupCommand(args: string[], { env, out }: Terminal): Promise<void> {
	const [file, ...options] = args.filter((arg) => arg !== WITH_VIDEOS);
	if (file === undefined || file.startsWith('-')) {
		if (args.includes('--help')) return out(BACKUP_HELP);
		throw new UsageError(`Give the FILE to write first.\n\n${BACKUP_HELP}`);
	}
	const config = readConfig(options, env, 'server');
	const path = resolve(file);
	if (existsSync(path)) throw new UsageError(`${path} is there already. Give a new name.`);
	const aside = `${path}.${process.pid}.part`;
	try {
		await write(config, aside, args.includes(WITH_VIDEOS));
		const manifest = await inspectBackup(aside);
		await rename(aside, path);
		for (const line of summary(path, manifest, config)) out(line);
	} finally {
		await rm(aside, { force: true });
	}
}

async function write(config: Config, path: string, fetchVideos: boolean): Promise<void> {
	const access = await readAdminAccess(config.dataFolder);
	const running = access && (await fromServer(access, fetchVideos));
	// Others on this machine are not to read it.
	const target = createWriteStream(path, { flags: 'wx', mode: 0o600 });
	if (running) return await pipeline(running, target);
	await withStores(config, async (database, artifacts) => {
		await pipeline(await packBackup(database, artifacts, config.dataFolder, fetchVideos), target);
	}).catch((error: unknown) => {
		target.destroy();
		throw error;
	});
}

/** Undefined where nothing answers there any more. */
async function fromServer(
	{ url, token }: AdminAccess,
	fetchVideos: boolean,
): Promise<Readable | undefined> {
	const reply = await ask(`${url}/admin/backup${fetchVideos ? '?videos=fetch' : ''}`, {
		authorization: `Bearer ${token}`,
	}).catch(() => undefined);
	// What answers there with another token is the server of another data folder.
	if (!reply || reply.statusCode === 401) return undefined;
	if (reply.statusCode === 200) return reply;
	const answer = (await json(reply).catch(() => ({}))) as { error?: { message?: string } };
	throw new UsageError(
		`The server at ${url} gave no backup: ${answer.error?.message ?? `it answered ${reply.statusCode}.`}`,
	);
}

/** Waits for as long as it takes: before the answer begins, a server may fetch many videos. */
const ask = (url: string, headers: Record<string, string>): Promise<IncomingMessage> =>
	new Promise((resolve, reject) => get(url, { headers }, resolve).on('error', reject));

/** Without a server. */
async function withStores(
	{ dataFolder, databaseUrl, artifactsPlace, env }: Config,
	work: (
		database: Awaited<ReturnType<typeof openPglite>>,
		artifacts: ArtifactStore,
	) => Promise<void>,
): Promise<void> {
	if (databaseUrl === undefined && !existsSync(join(dataFolder, DATABASE_FOLDER))) {
		throw new UsageError(
			`There is nothing to back up in ${dataFolder}: no server ever ran there. Give the --data that the server has.`,
		);
	}
	const database =
		databaseUrl === undefined
			? await openPglite(dataFolder)
			: await openPostgres(databaseUrl, () => undefined, 0);
	try {
		const artifacts = artifactsPlace.startsWith('s3://')
			? openS3Store(artifactsPlace, env)
			: await openFolderStore(artifactsPlace);
		await work(database, artifacts);
	} finally {
		await database.close();
	}
}

function summary(path: string, manifest: Manifest, { artifactsPlace }: Config): string[] {
	const { database, videos_included: included } = manifest;
	const files = included ? `the videos (${videosIn(manifest)})` : 'no videos';
	return [
		database.kind === 'built-in'
			? `${path} holds the database and ${files}.`
			: `${path} holds ${files}.`,
		...(database.kind === 'built-in'
			? []
			: ['The database is not in it. Back it up with pg_dump, before or at the same time.']),
		...(included
			? []
			: [
					`The videos lie at ${artifactsPlace} and are not in it: copy that place by its own means, or give ${WITH_VIDEOS}.`,
				]),
	];
}
