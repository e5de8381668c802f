import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { png } from './support/png.ts';
import { startCli } from './support/process.ts';
import type { CliProcess } from './support/process.ts';

const run = promisify(execFile);
const CLIENTS = join(import.meta.dirname, 'clients');
const REQUIREMENTS = join(CLIENTS, 'requirements.txt');
const OF_MINUTES = 600_000;

/** A Python environment with the clients, kept between runs. */
async function ensureClients(): Promise<string> {
	const hash = createHash('sha256')
		.update(await readFile(REQUIREMENTS))
		.digest('hex');
	const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
	const folder = join(cache, 'text-to-video', `clients-${hash.slice(0, 12)}`);
	const bin = join(folder, 'bin');
	const ready = join(folder, 'ready');
	if (existsSync(ready)) return bin;
	await run('python3', ['-m', 'venv', '--clear', folder]);
	await run(join(bin, 'pip'), ['install', '--quiet', '-r', REQUIREMENTS]);
	await writeFile(ready, '');
	return bin;
}

/** Clients in Python that others wrote, with nothing changed but the address. */
describe('clients in Python', () => {
	let server: CliProcess;
	let bin: string;
	let folder: string;
	beforeAll(async () => {
		bin = await ensureClients();
		folder = await mkdtemp(join(tmpdir(), 'gpu-local-clients-'));
		await writeFile(join(folder, 'start.png'), png(40, 30));
		server = await startCli(['serve', '--port', '0', '--data', join(folder, 'data')]);
	}, OF_MINUTES);
	afterAll(async () => {
		await server.stop();
		await rm(folder, { recursive: true, force: true });
	});

	it.each([
		['the OpenAI SDK', 'openai_sdk.py'],
		['LiteLLM', 'litellm_calls.py'],
	])(
		'%s makes, follows, downloads and remixes videos',
		async (_name, script) => {
			const picture = join(folder, 'start.png');
			const { stdout } = await run(join(bin, 'python'), [
				join(CLIENTS, script),
				server.url,
				picture,
			]);
			expect(stdout).toMatch(/^all calls of .* worked$/m);
		},
		OF_MINUTES,
	);
});
