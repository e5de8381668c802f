import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { png } from './support/png.ts';
import { startCli } from './support/process.ts';
import { ensurePython } from './support/pythonEnvironment.ts';
import type { CliProcess } from './support/process.ts';

const run = promisify(execFile);
const CLIENTS = join(import.meta.dirname, 'clients');
const OF_MINUTES = 600_000;

/** Clients in Python that others wrote, with nothing changed but the address. */
describe('clients in Python', () => {
	let server: CliProcess;
	let bin: string;
	let folder: string;
	beforeAll(async () => {
		bin = await ensurePython('clients', join(CLIENTS, 'requirements.txt'));
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
