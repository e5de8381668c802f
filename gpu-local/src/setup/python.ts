import { spawnSync } from 'node:child_process';

/** The oldest Python that the locked packages run on. */
export const LEAST_PYTHON = [3, 11] as const;

export interface Interpreter {
	command: string;
	args: string[];
	version: string;
}

const CANDIDATES: Array<[string, ...string[]]> = [
	['python3'],
	['python3.13'],
	['python3.12'],
	['python3.11'],
	['python'],
	['py', '-3'],
];

export function isRecent(version: string): boolean {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	return major === LEAST_PYTHON[0] && minor >= LEAST_PYTHON[1];
}

/** The first Python on the PATH that is recent enough. */
export function findPython(env: Record<string, string | undefined>): Interpreter | undefined {
	for (const [command, ...args] of CANDIDATES) {
		const done = spawnSync(
			command,
			[...args, '-c', 'import platform; print(platform.python_version())'],
			{
				encoding: 'utf8',
				timeout: 20_000,
				windowsHide: true,
				env,
			},
		);
		const version = done.status === 0 ? done.stdout.trim() : '';
		if (isRecent(version)) return { command, args, version };
	}
	return undefined;
}

/** uv on the PATH: it installs faster than pip, and brings a Python where there is none. */
export function findUv(env: Record<string, string | undefined>): string | undefined {
	const done = spawnSync('uv', ['--version'], { timeout: 20_000, windowsHide: true, env });
	return done.status === 0 ? 'uv' : undefined;
}
