import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The published form: the bundle that `npm run build` makes. */
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface CliProcess {
	child: ChildProcess;
	/** What it said when it was ready. */
	ready: string;
	/** The address in that line, of a server. */
	url: string;
	/** Ends it without a warning, as a crash or a power cut does. */
	crash(): Promise<void>;
	/** Asks it to stop. */
	stop(): Promise<number | null>;
	stderr(): string;
}

/**
 * Runs `gpu-local` and waits until it says that it answers.
 *
 * @param onOutput called whenever it says something, on either output
 */
export async function startCli(
	args: string[],
	env: Record<string, string> = {},
	onOutput: () => void = () => undefined,
): Promise<CliProcess> {
	const child = spawn(process.execPath, [CLI, ...args], {
		env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let stderr = '';
	child.stderr!.on('data', (chunk: Buffer) => {
		onOutput();
		stderr = (stderr + chunk.toString()).slice(-20_000);
	});
	const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
	const ready = await new Promise<string>((resolve, reject) => {
		let text = '';
		child.stdout!.on('data', (chunk: Buffer) => {
			onOutput();
			text += chunk.toString();
			if (/is ready|answers at/.test(text)) resolve(text.trim());
		});
		void ended.then((code) => reject(new Error(`gpu-local ended with ${code}: ${stderr}`)));
	});
	const end = async (signal: NodeJS.Signals) => {
		child.kill(signal);
		return await ended;
	};
	return {
		child,
		ready,
		url: /http:[^\s,]+/.exec(ready)?.[0] ?? '',
		crash: async () => void (await end('SIGKILL')),
		stop: async () => await end('SIGTERM'),
		stderr: () => stderr,
	};
}

/** Runs a command to its end. */
export async function runCli(
	args: string[],
	env: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
	const child = spawn(process.execPath, [CLI, ...args], {
		env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let stdout = '';
	let stderr = '';
	child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
	child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
	const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
	return { code, stdout, stderr };
}
