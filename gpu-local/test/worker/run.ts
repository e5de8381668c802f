/**
 * `npm run test:worker`: makes the Python environment (outside the clone, kept between runs), then runs
 * the worker's linters and tests and the tests of the whole stack. Arguments choose: `lint`, `python`,
 * `stack`; none means all of them. `mutants` are long and run only when they are named.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BACKENDS } from '../../src/setup/backend.ts';
import { ensureEnvironment } from '../../src/setup/environment.ts';
import { workerFolder } from '../../src/setup/locations.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..');
const worker = workerFolder();

const { python } = await ensureEnvironment({
	env: process.env,
	backend: BACKENDS.pypi,
	dev: true,
	say: (line) => process.stdout.write(`${line}\n`),
});

function run(command: string, args: string[], cwd: string): void {
	const env = {
		...process.env,
		GPU_LOCAL_PYTHON: python,
		PYTHONDONTWRITEBYTECODE: '1',
		// Tiny models gain nothing by threads, and waiting threads spin on a busy machine.
		OMP_NUM_THREADS: '1',
	};
	const done = spawnSync(command, args, { cwd, env, stdio: 'inherit' });
	if (done.status !== 0) process.exit(done.status ?? 1);
}

const PARTS: Record<string, () => void> = {
	lint: () => {
		run(python, ['-m', 'ruff', 'format', '--check', '.'], worker);
		run(python, ['-m', 'ruff', 'check', '.'], worker);
		run(python, ['-m', 'mypy'], worker);
	},
	python: () => run(python, ['-m', 'pytest'], worker),
	stack: () => {
		const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
		const report = process.env.STACK_REPORT;
		run(
			process.execPath,
			[
				...[vitest, 'run', '--config', join(here, 'vitest.worker.config.ts')],
				...(report ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : []),
			],
			root,
		);
	},
};

/** Too long for every run: `npm run proof` asks for them by name. */
const LONG_PARTS: Record<string, () => void> = {
	mutants: () => run(python, ['-m', 'mutate', '--seed', process.env.PROOF_SEED ?? '1'], worker),
};

const chosen = process.argv.slice(2);
const parts = chosen.length === 0 ? PARTS : { ...PARTS, ...LONG_PARTS };
for (const [name, part] of Object.entries(parts)) {
	if (chosen.length === 0 || chosen.includes(name)) part();
}
