import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A Python environment with programs that others wrote, kept between runs.
 *
 * @param requirements a file as pip reads it
 * @returns where its programs lie
 */
export async function ensurePython(name: string, requirements: string): Promise<string> {
	const hash = createHash('sha256')
		.update(await readFile(requirements))
		.digest('hex');
	const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
	const folder = join(cache, 'text-to-video', `${name}-${hash.slice(0, 12)}`);
	const bin = join(folder, 'bin');
	const ready = join(folder, 'ready');
	if (existsSync(ready)) return bin;
	await run('python3', ['-m', 'venv', '--clear', folder]);
	await run(join(bin, 'pip'), ['install', '--quiet', '-r', requirements]);
	await writeFile(ready, '');
	return bin;
}
