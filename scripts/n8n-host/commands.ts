import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { REPOSITORY_FOLDER } from '../repository';
import { Problem } from './problem';

/** The lowest Node that n8n 2.36 and later run on. */
const N8N_NODE_MAJOR = 24;

/** How many of a command's last lines are kept to explain a failure. */
const KEPT_LINES = 60;

export interface CommandResult {
	exitCode: number;
	/** The last lines of stdout and stderr together. */
	tail: string;
}

/** Runs a program to its end, hands each line on, and never throws for a failing exit code. */
export function runCommand(
	file: string,
	args: string[],
	options: {
		cwd: string;
		env?: NodeJS.ProcessEnv;
		shell?: boolean;
		onLine?: (line: string) => void;
	},
): Promise<CommandResult> {
	return new Promise((resolve) => {
		const child = spawn(file, args, {
			cwd: options.cwd,
			env: options.env ?? process.env,
			shell: options.shell ?? false,
			stdio: ['ignore', 'pipe', 'pipe'],
			windowsHide: true,
		});
		const kept: string[] = [];
		const keep = (line: string) => {
			kept.push(line);
			if (kept.length > KEPT_LINES) kept.shift();
			options.onLine?.(line);
		};
		for (const stream of [child.stdout, child.stderr]) {
			let rest = '';
			stream.setEncoding('utf8');
			stream.on('data', (text: string) => {
				const lines = (rest + text).split(/\r?\n/);
				rest = lines.pop() ?? '';
				lines.forEach(keep);
			});
			stream.on('end', () => {
				if (rest) keep(rest);
			});
		}
		child.once('error', (error) => resolve({ exitCode: 127, tail: error.message }));
		child.once('close', (code) => resolve({ exitCode: code ?? 1, tail: kept.join('\n') }));
	});
}

/** The Node that runs n8n: this process's own, or the one that comes with the repository. */
export function n8nNodeBinary(): string {
	if (Number(process.versions.node.split('.')[0]) >= N8N_NODE_MAJOR) return process.execPath;
	const bundled = join(
		REPOSITORY_FOLDER,
		'node_modules',
		'node',
		'bin',
		process.platform === 'win32' ? 'node.exe' : 'node',
	);
	if (existsSync(bundled)) return bundled;
	throw new Problem(
		`n8n needs Node ${N8N_NODE_MAJOR} or later; this is Node ${process.versions.node}.`,
		'Run "npm install" in this repository (it brings its own Node), then "npm start".',
	);
}

/**
 * The folder that holds `include/node` of the given Node, for compiling native modules: the npm
 * package `node` carries the headers, which spares a download from nodejs.org. Undefined where
 * there are none; node-gyp then downloads them.
 */
export function nodeHeadersFolder(nodeBinary: string): string | undefined {
	const bundledPackage = join(REPOSITORY_FOLDER, 'node_modules', 'node', 'package.json');
	const candidates = [dirname(dirname(nodeBinary))];
	if (existsSync(bundledPackage)) {
		const platform = process.platform === 'win32' ? 'win' : process.platform;
		try {
			const resolve = createRequire(bundledPackage).resolve;
			candidates.unshift(dirname(resolve(`node-${platform}-${process.arch}/package.json`)));
		} catch {
			// Not every platform has such a package; the other candidate remains.
		}
	}
	return candidates.find((folder) => existsSync(join(folder, 'include', 'node', 'node_api.h')));
}

/** How to run npm with the given Node, on any system. */
export function npmCommand(nodeBinary: string): { file: string; args: string[]; shell: boolean } {
	const script = process.env.npm_execpath;
	if (script && /npm-cli\.c?js$/.test(script))
		return { file: nodeBinary, args: [script], shell: false };
	return process.platform === 'win32'
		? { file: 'npm.cmd', args: [], shell: true }
		: { file: 'npm', args: [], shell: false };
}
