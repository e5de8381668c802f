import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Env = Record<string, string | undefined>;

/** The Python package's folder: beside `src` in the repository, beside `dist` in the published package. */
export function workerFolder(from: string = dirname(fileURLToPath(import.meta.url))): string {
	for (let folder = from; ; folder = dirname(folder)) {
		const found = join(folder, 'worker');
		if (existsSync(join(found, 'text_to_video_worker', '__main__.py'))) return found;
		if (dirname(folder) === folder) throw new Error(`No worker folder above ${from}`);
	}
}

/** Where this user's programs keep what can be made again. */
export function cacheFolder(env: Env, platform: NodeJS.Platform = process.platform): string {
	const home = env.HOME ?? env.USERPROFILE ?? homedir();
	const base =
		env.XDG_CACHE_HOME ??
		(platform === 'win32' ? (env.LOCALAPPDATA ?? join(home, 'AppData', 'Local')) : undefined) ??
		(platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache'));
	return join(base, 'text-to-video');
}

/** What a Python environment is made from; other locks or another backend make another one. */
export interface EnvironmentPlan {
	folder: string;
	/** Lock files to install, in order. */
	locks: string[];
	/** The lock file of what goes into a folder of its own, `apart`, where only tests look. */
	apart?: string;
}

const LOCKS = ['torch.lock', 'requirements.lock'] as const;
const DEV_LOCK = 'dev.lock';
const APART_LOCK = 'apart.lock';

export function environmentPlan(
	env: Env,
	options: { backend: string; dev?: boolean; worker?: string },
): EnvironmentPlan {
	const worker = options.worker ?? workerFolder();
	const locks = [...LOCKS, ...(options.dev ? [DEV_LOCK] : [])].map((name) => join(worker, name));
	const hash = createHash('sha256').update(options.backend);
	const apart = options.dev ? join(worker, APART_LOCK) : undefined;
	for (const lock of [...locks, ...(apart ? [apart] : [])])
		hash.update('\0').update(readFileSync(lock));
	const name = `worker-${hash.digest('hex').slice(0, 12)}`;
	return { folder: join(cacheFolder(env), name), locks, ...(apart ? { apart } : {}) };
}

export function pythonOf(folder: string, platform: NodeJS.Platform = process.platform): string {
	return platform === 'win32'
		? join(folder, 'Scripts', 'python.exe')
		: join(folder, 'bin', 'python');
}
