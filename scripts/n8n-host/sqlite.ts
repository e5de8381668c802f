import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeHeadersFolder, npmCommand, runCommand } from './commands';
import { Problem } from './problem';

export interface SqliteBuildOptions {
	hostFolder: string;
	nodeBinary: string;
	env: NodeJS.ProcessEnv;
	say: (line: string) => void;
}

/**
 * n8n keeps its data in SQLite, the one package whose install script must run: first the
 * prebuilt binary that sqlite3 publishes on GitHub, then, where that cannot be reached, a
 * compilation, which needs Python, make and a C++ compiler.
 */
export async function prepareSqlite(options: SqliteBuildOptions): Promise<void> {
	if (await sqliteLoads(options)) return;
	const prebuilt = await fetchPrebuilt(options);
	if (prebuilt && (await sqliteLoads(options))) return;

	options.say('No prebuilt SQLite could be had; compiling it (about a minute)');
	const missing = await missingBuildTools(options.hostFolder);
	if (missing.length > 0)
		throw new Problem(
			`SQLite must be compiled here, and this machine lacks: ${missing.join(', ')}.`,
			`${howToInstallBuildTools(process.platform)} Then start again: what is downloaded already is kept.`,
		);
	const { file, args, shell } = npmCommand(options.nodeBinary);
	const headers = nodeHeadersFolder(options.nodeBinary);
	const result = await runCommand(
		file,
		[...args, 'rebuild', 'sqlite3', '--foreground-scripts', '--build-from-source'],
		{
			cwd: options.hostFolder,
			// An `nodedir` setting of the user's may point at another Node's headers.
			env: { ...options.env, ...(headers ? { npm_config_nodedir: headers } : {}) },
			shell,
		},
	);
	if (result.exitCode === 0 && (await sqliteLoads(options))) return;
	throw new Problem(
		`SQLite could not be compiled. The last lines were:\n${lastLines(result.tail, 15)}`,
		`${howToInstallBuildTools(process.platform)} Then start again.`,
	);
}

/** Whether the Node that will run n8n can load the SQLite driver. */
async function sqliteLoads(options: SqliteBuildOptions): Promise<boolean> {
	const script = "require('sqlite3'); process.exit(0)";
	const result = await runCommand(options.nodeBinary, ['-e', script], {
		cwd: options.hostFolder,
		env: options.env,
	});
	return result.exitCode === 0;
}

async function fetchPrebuilt(options: SqliteBuildOptions): Promise<boolean> {
	const modules = join(options.hostFolder, 'node_modules');
	const program = join(modules, 'prebuild-install', 'bin.js');
	if (!existsSync(program)) return false;
	const result = await runCommand(options.nodeBinary, [program, '-r', 'napi'], {
		cwd: join(modules, 'sqlite3'),
		env: options.env,
	});
	return result.exitCode === 0;
}

async function missingBuildTools(cwd: string): Promise<string[]> {
	// Visual Studio's tools are not on the PATH; node-gyp finds them itself and says when it cannot.
	if (process.platform === 'win32') return [];
	const answers = async (file: string) =>
		(await runCommand(file, ['--version'], { cwd })).exitCode === 0;
	const missing: string[] = [];
	if (!(await answers('python3'))) missing.push('python3');
	if (!(await answers('make'))) missing.push('make');
	if (!(await answers('g++')) && !(await answers('c++')) && !(await answers('clang++')))
		missing.push('g++');
	return missing;
}

function howToInstallBuildTools(platform: NodeJS.Platform): string {
	if (platform === 'darwin') return 'Install the build tools with "xcode-select --install".';
	if (platform === 'win32')
		return 'Install Python 3 and the "Desktop development with C++" part of the Visual Studio Build Tools.';
	return 'Install the build tools, on Debian or Ubuntu with "sudo apt-get install -y python3 make g++".';
}

const lastLines = (text: string, count: number) => text.split('\n').slice(-count).join('\n');
