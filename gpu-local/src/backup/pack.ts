import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Database } from '../db/database.ts';
import { TABLES_VERSION } from '../db/schema.ts';
import type { Artifact } from '../store/video.ts';
import { storedFiles } from '../store/videoFiles.ts';
import { version } from '../version.ts';
import { DATABASE, FORMAT_VERSION, MANIFEST, POSTER_TYPE, VIDEOS } from './format.ts';
import type { Manifest } from './format.ts';

const UNFINISHED = 'backup.unfinished-';

/**
 * Everything of one moment, as a tar file. Database and files are first put aside, so that jobs can go on and videos
 * be deleted while the archive is on its way.
 *
 * @param dataFolder where there is room for a copy of the database; videos on the same disk take none
 * @param fetchVideos whether videos that lie in a storage elsewhere are packed too; they need room there
 */
export async function packBackup(
	database: Database,
	artifacts: ArtifactStore,
	dataFolder: string,
	fetchVideos = false,
): Promise<Readable> {
	// Nobody else is at a built-in database: what lies there was left by a process that was killed.
	if (database.pack) await removeUnfinished(dataFolder, UNFINISHED);
	const aside = await mkdtemp(join(dataFolder, UNFINISHED));
	const clear = (): Promise<void> => rm(aside, { recursive: true, force: true });
	try {
		const files = await putAside(database, takerOf(artifacts, fetchVideos), aside);
		// Whole members, not what a directory happens to hold.
		const archive = Readable.from(create({ cwd: aside, portable: true }, files), {
			objectMode: false,
		});
		finished(archive, () => void clear().catch(() => undefined));
		return archive;
	} catch (error) {
		await clear();
		throw error;
	}
}

type Take = NonNullable<ArtifactStore['linkTo']>;

/** How a file gets to a path of this machine; nothing where it stays in the storage. */
function takerOf(artifacts: ArtifactStore, fetchVideos: boolean): Take | undefined {
	if (artifacts.linkTo || !fetchVideos) return artifacts.linkTo;
	return async (name, path) => {
		const file = await artifacts.open(name);
		if (!file) return false;
		await pipeline(file, createWriteStream(path, { mode: 0o600 }));
		return true;
	};
}

/** What is to be packed, in order. */
async function putAside(
	database: Database,
	take: Take | undefined,
	aside: string,
): Promise<string[]> {
	const packed = database.pack && join(aside, DATABASE);
	const rows =
		packed === undefined
			? (await database.batch([storedFiles]))[0]!
			: await database.pack!(packed, storedFiles);
	const files: Manifest['files'] = [];
	await mkdir(join(aside, VIDEOS));
	const wanted = rows.flatMap(({ artifact }) => {
		const { poster, ...video } = artifact as Artifact;
		return [
			{ ...video, type: video.mimeType },
			...(poster ? [{ ...poster, type: POSTER_TYPE }] : []),
		];
	});
	for (const { name, bytes, sha256, type } of wanted) {
		// A video that was deleted since is not missed.
		if (await take?.(name, join(aside, VIDEOS, name))) files.push({ name, bytes, sha256, type });
	}
	const manifest: Manifest = {
		format: 'gpu-local-backup',
		version: FORMAT_VERSION,
		made_at: new Date().toISOString(),
		made_by: version,
		database:
			packed === undefined
				? { kind: 'postgresql' }
				: { kind: 'built-in', tables: TABLES_VERSION, sha256: await hashOf(packed) },
		videos_included: take !== undefined,
		files,
	};
	await writeFile(join(aside, MANIFEST), `${JSON.stringify(manifest, null, '\t')}\n`);
	return [
		MANIFEST,
		...(packed === undefined ? [] : [DATABASE]),
		...files.map(({ name }) => `${VIDEOS}/${name}`),
	];
}

/** Folders of a name that begins so, which nobody needs any more. */
export async function removeUnfinished(folder: string, prefix: string): Promise<void> {
	for (const name of await readdir(folder)) {
		if (name.startsWith(prefix)) await rm(join(folder, name), { recursive: true, force: true });
	}
}

/** Hexadecimal SHA-256 of a file. */
export async function hashOf(path: string): Promise<string> {
	const hash = createHash('sha256');
	for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
	return hash.digest('hex');
}
