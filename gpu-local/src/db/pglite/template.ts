import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { create, extract } from 'tar';

/** A database folder belongs to the version that made it. */
const PGLITE_VERSION = pgliteVersion();

function pgliteVersion(): string {
	const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
	for (let folder = dirname(main); ; folder = dirname(folder)) {
		const path = join(folder, 'package.json');
		if (existsSync(path))
			return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
	}
}

export const TEMPLATE_NAME = `database-${PGLITE_VERSION}.tar.gz`;

/** Beside the bundle in the published package; where the build puts it, from the repository. */
const TEMPLATE = fileURLToPath(
	new URL(
		import.meta.url.endsWith('.ts') ? `../../../dist/${TEMPLATE_NAME}` : `./${TEMPLATE_NAME}`,
		import.meta.url,
	),
);

const UNFINISHED = /^database\.unpacking-/;

/**
 * A new database, unpacked instead of made: making one takes seconds and half a gigabyte. It appears whole or not
 * at all. Does nothing where there is a database already, or no template.
 */
export async function unpackTemplate(dataFolder: string, databaseName: string): Promise<void> {
	for (const name of await readdir(dataFolder)) {
		if (UNFINISHED.test(name)) await rm(join(dataFolder, name), { recursive: true, force: true });
	}
	const folder = join(dataFolder, databaseName);
	if (existsSync(folder) || !existsSync(TEMPLATE)) return;
	const aside = join(dataFolder, `database.unpacking-${process.pid}`);
	await mkdir(aside, { mode: 0o700 });
	await pipeline(createReadStream(TEMPLATE), extract({ cwd: aside }));
	await rename(aside, folder);
}

/** Packs a database that nobody has open. */
export async function packTemplate(databaseFolder: string, path: string): Promise<void> {
	const aside = `${path}.${process.pid}`;
	await packFolder(databaseFolder, aside, 9);
	await rename(aside, path);
}

/** The files of a database, which nobody changes meanwhile, as one. */
export async function packFolder(folder: string, path: string, level: number): Promise<void> {
	await create(
		{ cwd: folder, file: path, gzip: { level }, portable: true },
		(await readdir(folder)).sort(),
	);
}
