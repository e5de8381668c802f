import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { npmCommand, n8nNodeBinary, runCommand } from '../n8n-host/commands';
import { Problem } from '../n8n-host/problem';
import { REPOSITORY_FOLDER } from '../repository';

/** Everything that `npm run build` reads. */
const SOURCES = [
	'providers',
	'jobs',
	'nodes',
	'credentials',
	'gpu-local/src',
	'gpu-local/package.json',
	'scripts/build.mjs',
	'package.json',
	'package-lock.json',
	'tsconfig.json',
];

/** The n8n package, and the local executor. */
const BUILDS = [[], ['--workspace', 'gpu-local', '--if-present']];

const OUTPUTS = ['dist', 'gpu-local/dist'];

/**
 * Builds the package and the local executor, or does nothing when they were built from just
 * these sources before. Returns whether it built.
 */
export async function buildIfNeeded(stampFile: string): Promise<boolean> {
	const fingerprint = await sourcesFingerprint();
	const built = OUTPUTS.every((folder) => existsSync(join(REPOSITORY_FOLDER, folder)));
	const stamp = await readFile(stampFile, 'utf8').catch(() => '');
	if (built && stamp === fingerprint) return false;
	for (const which of BUILDS) await build(which);
	await mkdir(dirname(stampFile), { recursive: true });
	await writeFile(stampFile, fingerprint);
	return true;
}

async function build(which: string[]): Promise<void> {
	const { file, args, shell } = npmCommand(n8nNodeBinary());
	const result = await runCommand(file, [...args, 'run', 'build', ...which], {
		cwd: REPOSITORY_FOLDER,
		shell,
	});
	if (result.exitCode !== 0)
		throw new Problem(
			`The package could not be built. The last lines were:\n${result.tail}`,
			'Run "npm install" and start again.',
		);
}

async function sourcesFingerprint(): Promise<string> {
	const hash = createHash('sha256');
	for (const source of SOURCES) {
		const path = join(REPOSITORY_FOLDER, source);
		for (const file of await filesUnder(path)) {
			const { size, mtimeMs } = await stat(file);
			hash.update(`${file}\0${size}\0${mtimeMs}\n`);
		}
	}
	return hash.digest('hex');
}

async function filesUnder(path: string): Promise<string[]> {
	const found = await stat(path).catch(() => undefined);
	if (!found) return [];
	if (found.isFile()) return [path];
	const entries = await readdir(path, { withFileTypes: true, recursive: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
}
