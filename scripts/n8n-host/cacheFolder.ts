import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Machine {
	platform: NodeJS.Platform;
	arch: string;
	home: string;
	env: Record<string, string | undefined>;
}

export const thisMachine = (): Machine => ({
	platform: process.platform,
	arch: process.arch,
	home: homedir(),
	env: process.env,
});

/** What pins an n8n and all that it brings along. */
export interface PinnedFiles {
	packageJson: string;
	packageLock: string;
}

/**
 * Which n8n this is: changes when the pinned packages change, or when the machine's binaries
 * would not fit, so that several clones share one installation and none gets a stale one.
 */
export function hostFingerprint(
	files: PinnedFiles,
	machine: Pick<Machine, 'platform' | 'arch'>,
): string {
	return createHash('sha256')
		.update(files.packageJson)
		.update('\0')
		.update(files.packageLock)
		.update('\0')
		.update(`${machine.platform}-${machine.arch}`)
		.digest('hex')
		.slice(0, 16);
}

/**
 * The folder of one installation: $XDG_CACHE_HOME, %LOCALAPPDATA% or ~/.cache, because n8n is
 * over two gigabytes and belongs to the user, not to one clone.
 */
export function hostCacheFolder(fingerprint: string, machine: Machine): string {
	const { platform, env, home } = machine;
	const base =
		platform === 'win32'
			? (env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'))
			: env.XDG_CACHE_HOME || join(home, '.cache');
	return join(base, 'text-to-video', `n8n-${fingerprint}`);
}
