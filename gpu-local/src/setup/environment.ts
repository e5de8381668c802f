import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { waitForLock } from '../lib/fileLock.ts';
import { BACKENDS } from './backend.ts';
import type { Backend } from './backend.ts';
import { environmentPlan, pythonOf } from './locations.ts';
import { findPython, findUv, LEAST_PYTHON } from './python.ts';

/** Something that the person at the keyboard can put right. */
export class SetupError extends Error {
	override readonly name = 'SetupError';
}

export interface SetupOptions {
	env: Record<string, string | undefined>;
	backend: Backend;
	/** Also what the tests and linters need. */
	dev?: boolean;
	/** Gets a line of progress at a time. */
	say(line: string): void;
}

export interface Environment {
	folder: string;
	python: string;
}

/** The installer that is put into a new environment where the machine has no uv of its own. */
const UV = 'uv==0.13.8';
const MARK = '.complete.json';
const TORCH_LINE = /^torch==([^\s;\\]+)/m;

/** The environment, if its set-up was finished. */
export function findEnvironment(
	env: SetupOptions['env'],
	backend: string,
	dev = false,
): Environment | undefined {
	const { folder } = environmentPlan(env, { backend, dev });
	return existsSync(join(folder, MARK)) ? { folder, python: pythonOf(folder) } : undefined;
}

/**
 * Makes the Python environment, or finds it made. What was downloaded is kept by the installer's own
 * cache, so a set-up that was interrupted goes on where it stopped.
 */
export async function ensureEnvironment(options: SetupOptions): Promise<Environment> {
	const { env, backend, dev = false, say } = options;
	const ready = findEnvironment(env, backend.name, dev);
	if (ready) return ready;
	const { folder, locks, apart } = environmentPlan(env, { backend: backend.name, dev });
	await mkdir(dirname(folder), { recursive: true });
	const unlock = await waitForLock(`${folder}.lock`, () =>
		say('Another set-up is at work; waiting for it.'),
	);
	try {
		const made = findEnvironment(env, backend.name, dev);
		if (made) return made;
		say(
			`Setting up Python for ${backend.title} in ${folder} (about ${backend.downloadGb} GB to download).`,
		);
		const uv = await makeVenv(folder, options);
		const torchLock = await readFile(locks[0]!, 'utf8');
		const install = (step: Step) => {
			say(step.title);
			return runStep(uv, ['pip', 'install', '--python', pythonOf(folder), ...step.args], options);
		};
		for (const step of installSteps(locks, backend, torchLock)) {
			await install(step).catch(async (error: unknown) => {
				if (backend.torchBackend !== 'cpu' || !step.args.includes('--torch-backend=cpu')) {
					throw error;
				}
				say("PyTorch's own server cannot be reached; taking the larger build from PyPI instead.");
				for (const other of installSteps(locks, BACKENDS.pypi, torchLock)) await install(other);
			});
		}
		if (apart) {
			await install({
				title: 'Installing what is kept apart …',
				args: ['--no-deps', '--target', join(folder, 'apart'), '--require-hashes', '-r', apart],
			});
		}
		await writeMark(folder, backend);
		say('Python is set up.');
		return { folder, python: pythonOf(folder) };
	} finally {
		await unlock();
	}
}

interface Step {
	title: string;
	args: string[];
}

/** Every package is held to the hash in its lock, but torch where it comes from PyTorch's own index. */
export function installSteps(locks: string[], backend: Backend, torchLock: string): Step[] {
	const hashed = (files: string[]) => [
		'--require-hashes',
		...files.flatMap((file) => ['-r', file]),
	];
	if (backend.torchBackend === undefined) {
		return [{ title: 'Installing torch, diffusers and what they need …', args: hashed(locks) }];
	}
	const version = TORCH_LINE.exec(torchLock)?.[1];
	return [
		{
			title: 'Installing diffusers and what it needs …',
			// The lock is complete; resolving would bring PyPI's torch.
			args: ['--no-deps', ...hashed(locks.slice(1))],
		},
		{
			title: `Installing torch for ${backend.title} …`,
			args: [`torch==${version}`, `--torch-backend=${backend.torchBackend}`],
		},
	];
}

/** An empty environment; the command that installs into it. */
async function makeVenv(folder: string, options: SetupOptions): Promise<string[]> {
	const { env, say } = options;
	const uv = findUv(env);
	const python = findPython(env);
	if (uv) {
		const version = python?.version ?? '3.12';
		await runStep([uv], ['venv', '--allow-existing', '--python', version, folder], options);
		return [uv];
	}
	if (!python) {
		throw new SetupError(
			`Python ${LEAST_PYTHON.join('.')} or newer was not found. Install it from https://www.python.org/downloads/ (or install uv from https://docs.astral.sh/uv/), then run "gpu-local setup" again.`,
		);
	}
	say(`Using Python ${python.version}.`);
	await runStep([python.command, ...python.args], ['-m', 'venv', folder], options).catch(
		(error: Error) => {
			throw new SetupError(
				`Python could not make an environment (${error.message}). On Debian and Ubuntu run "sudo apt install python3-venv", then "gpu-local setup" again.`,
			);
		},
	);
	const pip = [pythonOf(folder), '-m', 'pip'];
	await runStep(pip, ['install', '--quiet', UV], options);
	return [pythonOf(folder), '-m', 'uv'];
}

/** Runs an installer; its own output, which has the progress bars, goes to the person. */
async function runStep(command: string[], args: string[], { env, say }: SetupOptions) {
	const [program, ...first] = command as [string, ...string[]];
	await new Promise<void>((resolve, reject) => {
		const child = spawn(program, [...first, ...args], {
			env,
			stdio: ['ignore', 'pipe', 'pipe'],
			windowsHide: true,
		});
		let tail = '';
		for (const stream of [child.stdout, child.stderr]) {
			createInterface({ input: stream }).on('line', (line) => {
				if (line.trim() === '') return;
				tail = `${tail}${line}\n`.slice(-2000);
				say(`  ${line}`);
			});
		}
		child.on('error', reject);
		child.on('close', (code) => {
			if (code === 0) resolve();
			else
				reject(
					new SetupError(
						`The installation stopped: ${tail.trim() || `exit code ${code}`}\nRun "gpu-local setup" again; what was downloaded is kept.`,
					),
				);
		});
	});
}

async function writeMark(folder: string, backend: Backend): Promise<void> {
	const mark = join(folder, MARK);
	await writeFile(`${mark}.part`, JSON.stringify({ backend: backend.name }));
	await rename(`${mark}.part`, mark);
}
