import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { extract, list } from 'tar';
import type { ReadEntry } from 'tar';
import { DATABASE_FOLDER } from '../db/pglite/open.ts';
import { TABLES_VERSION } from '../db/schema.ts';
import { UsageError } from '../lib/usageError.ts';
import {
	DATABASE,
	FORMAT_VERSION,
	isPartOfBackup,
	MANIFEST,
	manifestSchema,
	VIDEOS,
} from './format.ts';
import type { Manifest } from './format.ts';
import { hashOf } from './pack.ts';

const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;

/** Reads a backup through without unpacking anything, and says what is in it. Throws where it is none, or not whole. */
export async function inspectBackup(path: string): Promise<Manifest> {
	const sizes = new Map<string, number>();
	let manifest = '';
	// Thrown afterwards: the reader's events are no place to throw from.
	let refused: UsageError | undefined;
	const read = (): Promise<void> =>
		list({
			file: path,
			strict: true,
			onReadEntry: (entry) => {
				refused ??= refusalOf(path, entry);
				sizes.set(entry.path, entry.size);
				if (entry.path !== MANIFEST || entry.size > MAX_MANIFEST_BYTES) return;
				entry.on('data', (chunk: Buffer) => (manifest += chunk.toString('latin1')));
			},
		});
	await reading(read, (what) => (sizes.size === 0 ? noBackup(path) : damaged(path, what)));
	if (refused) throw refused;
	const found = readManifest(path, manifest);
	const expected = [
		...(found.database.kind === 'built-in' ? [DATABASE] : []),
		...found.files.map(({ name }) => `${VIDEOS}/${name}`),
	];
	for (const member of expected) {
		if (!sizes.has(member)) throw damaged(path, `${member} is missing`);
	}
	return found;
}

/** Unpacks a backup that was inspected, and checks every byte of it. The database lies in a folder of its own then. */
export async function unpackBackup(
	path: string,
	manifest: Manifest,
	folder: string,
): Promise<void> {
	await reading(
		() =>
			extract({
				file: path,
				cwd: folder,
				strict: true,
				filter: (_path, entry) => refusalOf(path, entry as ReadEntry) === undefined,
			}),
		(what) => damaged(path, what),
	);
	for (const { name, bytes, sha256 } of manifest.files) {
		const file = join(folder, VIDEOS, name);
		if ((await stat(file)).size !== bytes || (await hashOf(file)) !== sha256) {
			throw damaged(path, `${VIDEOS}/${name} is not as it was`);
		}
	}
	if (manifest.database.kind !== 'built-in') return;
	const packed = join(folder, DATABASE);
	if ((await hashOf(packed)) !== manifest.database.sha256) {
		throw damaged(path, `${DATABASE} is not as it was`);
	}
	const database = join(folder, DATABASE_FOLDER);
	await mkdir(database, { mode: 0o700 });
	await reading(
		() =>
			extract({
				file: packed,
				cwd: database,
				strict: true,
				filter: (_path, entry) => PLAIN.has((entry as ReadEntry).type),
			}),
		(what) => damaged(path, what),
	);
}

/** Nothing of a database is a link. */
const PLAIN = new Set(['File', 'Directory']);

/** Only plain files of known names: nothing of an archive can come to lie anywhere else. */
function refusalOf(path: string, { path: member, type }: ReadEntry): UsageError | undefined {
	if (type === 'File' && isPartOfBackup(member)) return undefined;
	return new UsageError(
		`${path} is no backup of gpu-local: it holds ${JSON.stringify(member)} (${type}), which is no part of one. Nothing was restored.`,
	);
}

function readManifest(path: string, text: string): Manifest {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new UsageError(
			`${path} is no backup of gpu-local: it has no ${MANIFEST} that can be read. Give a file that "gpu-local backup" made.`,
		);
	}
	const result = manifestSchema.safeParse(value);
	const { version, made_by: madeBy } = (value ?? {}) as { version?: unknown; made_by?: unknown };
	const newer = typeof version === 'number' && version > FORMAT_VERSION;
	if (
		newer ||
		(result.data?.database.kind === 'built-in' && result.data.database.tables > TABLES_VERSION)
	) {
		throw new UsageError(
			`${path} was made by a newer gpu-local (${String(madeBy)}) than this one. Update gpu-local, then restore again.`,
		);
	}
	if (result.success) return result.data;
	const [issue] = result.error.issues;
	throw new UsageError(
		`${path} is no backup of gpu-local: ${MANIFEST} is wrong at ${issue!.path.join('.')} (${issue!.message}).`,
	);
}

const damaged = (path: string, what: string): UsageError =>
	new UsageError(
		`The backup ${path} is damaged: ${what}. Use another copy of it. Nothing was restored.`,
	);

const noBackup = (path: string): UsageError =>
	new UsageError(`${path} is no backup of gpu-local. Give a file that "gpu-local backup" made.`);

/** Says in a sentence what the reader of archives has to say. */
async function reading(
	read: () => Promise<unknown> | void,
	problem: (what: string) => UsageError,
): Promise<void> {
	try {
		await read();
	} catch (error) {
		const { tarCode, code, message } = error as Error & { tarCode?: string; code?: string };
		if (tarCode === undefined && !code?.startsWith('Z_')) throw error;
		throw problem(message.replace(/^[A-Z_]+: /, ''));
	}
}
