// Builds the n8n package: TypeScript to CommonJS in dist/, the icons beside the files that name them, and what n8n reads
// at its start as data.
//
//     node scripts/build.mjs [<folder of a package with a tsconfig.json of its own>]
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSnapshots } from './build/snapshot.mjs';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..');
const root = resolve(process.argv[2] ?? repository);
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
const compiled = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], {
	stdio: 'inherit',
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

for (const folder of ['nodes', 'credentials']) {
	for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
		if (!entry.isFile() || !entry.name.endsWith('.svg')) continue;
		const path = join(entry.parentPath, entry.name);
		cpSync(path, join(dist, relative(root, path)));
	}
}

writeSnapshots(root);
