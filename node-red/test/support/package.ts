/** The package as npm would publish it, unpacked where a real Node-RED finds it. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PACKAGE = path.join(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);
export const NAME = 'node-red-contrib-text-to-video';

/** Builds and packs. @returns the folder of the unpacked package, and the names of its files */
export async function packed(): Promise<{ folder: string; files: string[] }> {
	const work = await mkdtemp(path.join(tmpdir(), 'ttv-pack-'));
	const env = {
		...process.env,
		PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`,
	};
	execFileSync('npm', ['pack', '--pack-destination', work], { cwd: PACKAGE, env, stdio: 'pipe' });
	const tarball = (await readdir(work)).find((name) => name.endsWith('.tgz')) as string;
	execFileSync('tar', ['-xzf', tarball], { cwd: work });
	const folder = path.join(work, 'package');
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const files = entries
		.filter((entry) => entry.isFile())
		.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
		.sort();
	return { folder, files };
}

/** A user directory in which the package is installed with its dependencies. */
export async function installed(folder: string): Promise<string> {
	const userDir = await mkdtemp(path.join(tmpdir(), 'ttv-user-'));
	const modules = path.join(userDir, 'node_modules');
	await mkdir(modules);
	await symlink(folder, path.join(modules, NAME), 'dir');
	for (const name of ['undici', 'zod']) {
		const source = path.dirname(require.resolve(`${name}/package.json`));
		// Node resolves a linked package from where it really lies, so its dependencies must lie there too.
		await mkdir(path.join(folder, 'node_modules'), { recursive: true });
		await symlink(source, path.join(folder, 'node_modules', name), 'dir').catch(() => undefined);
	}
	const manifest = { name: 'user', private: true, dependencies: { [NAME]: '*' } };
	await writeFile(path.join(userDir, 'package.json'), JSON.stringify(manifest));
	return userDir;
}
