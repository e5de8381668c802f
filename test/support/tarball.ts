import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..', '..');

export interface Tarball {
	path: string;
	/** Everything in it, as paths inside the package. */
	files: string[];
}

/**
 * What `npm publish` would upload of one package, packed into a folder. It must be built already.
 * @param workspace `node-red` or `gpu-local`; the n8n package where it is left out
 */
export function packTarball(into: string, workspace?: string, cwd = root): Tarball {
	const which = workspace ? `--workspace=${workspace}` : '--workspaces=false';
	const [tarball] = JSON.parse(
		npm(['pack', '--json', '--ignore-scripts', which, '--pack-destination', into], cwd),
	) as Array<{ filename: string; files: Array<{ path: string }> }>;
	if (!tarball) throw new Error(`npm pack made no tarball in ${into}`);
	return { path: join(into, tarball.filename), files: tarball.files.map(({ path }) => path) };
}

/** @returns the folder of the package, below `into` */
export function unpackTarball({ path }: Tarball, into: string): string {
	execFileSync('tar', ['-xzf', path, '-C', into]);
	return join(into, 'package');
}

/** Runs npm and gives what it printed. */
export function npm(args: string[], cwd: string): string {
	const isWindows = process.platform === 'win32';
	return execFileSync(isWindows ? 'npm.cmd' : 'npm', args, {
		cwd,
		encoding: 'utf8',
		shell: isWindows,
	});
}
