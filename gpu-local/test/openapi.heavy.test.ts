import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCli } from './support/process.ts';
import type { CliProcess } from './support/process.ts';
import { ensurePython } from './support/pythonEnvironment.ts';

const run = promisify(execFile);
const CLIENTS = join(import.meta.dirname, 'clients');
const OF_MINUTES = 600_000;

let folder: string;
let server: CliProcess;
let bin: string;
beforeAll(async () => {
	bin = await ensurePython('schemathesis', join(CLIENTS, 'schemathesis-requirements.txt'));
	folder = await mkdtemp(join(tmpdir(), 'gpu-local-openapi-'));
	server = await startCli([
		...['serve', '--port', '0', '--data', join(folder, 'data')],
		// Most jobs end at once: some endpoints wait for the video.
		...['--default-model', 'preview-fail', '--model-alias', 'preview-slow=preview-fail'],
		...['--job-seconds', '3'],
	]);
}, OF_MINUTES);
afterAll(async () => {
	await server.stop();
	await rm(folder, { recursive: true, force: true });
});

it(
	'the server does what openapi.json says, as Schemathesis sees it',
	async () => {
		const { stdout } = await run(
			join(bin, 'schemathesis'),
			[
				...['--config-file', join(CLIENTS, 'schemathesis.toml'), 'run', '--no-color'],
				`${server.url}/openapi.json`,
			],
			{
				cwd: folder,
				env: {
					...process.env,
					PYTHONPATH: CLIENTS,
					PYTHONDONTWRITEBYTECODE: '1',
					SCHEMATHESIS_HOOKS: 'schemathesis_hooks',
				},
			},
		).catch((error: { stdout: string }) => error);
		expect(stdout).toMatch(/Tested: \d\d/);
		expect(stdout).not.toMatch(/ST\d{3}|Network Error/);
		expect(stdout).toMatch(/(\d+) generated, \1 passed/);
	},
	OF_MINUTES,
);
