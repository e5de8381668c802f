import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { N8N_HOST_FOLDER } from '../repository';
import { hostCacheFolder, hostFingerprint, thisMachine, type PinnedFiles } from './cacheFolder';
import { n8nNodeBinary, npmCommand, runCommand } from './commands';
import { withFolderLock } from './installLock';
import { checkDiskSpace } from './preflight';
import { Problem } from './problem';
import { prepareSqlite } from './sqlite';

/** 2.2 GB unpacked, as much again for npm's cache and what it writes on the way. */
const NEEDED_BYTES = 5_000_000_000;

const NETWORK_ERRORS =
	/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/;

const COMPLETE_MARKER = '.complete';
const PACKAGES_MARKER = '.packages-installed';

/** Where the installed n8n lies, and what runs it. */
export interface N8nHost {
	folder: string;
	nodeBinary: string;
	/** The script to hand to `nodeBinary`. */
	n8nScript: string;
	version: string;
}

/** What the person at the terminal sees of a long step. */
export interface Progress {
	/** A line that stays. */
	say: (line: string) => void;
	/** How far a long step is; may be shown or dropped. */
	tick: (text: string) => void;
}

/**
 * Installs the pinned n8n once for this user and returns where it is. A second call, from this
 * clone or another, finds it and returns at once. An interrupted installation is never taken for
 * a whole one: everything happens in a folder beside it, which is renamed at the end.
 * @param pins folder of the package.json and the package-lock.json that say which n8n
 */
export async function ensureN8nHost(progress: Progress, pins = N8N_HOST_FOLDER): Promise<N8nHost> {
	const files = {
		packageJson: await readFile(join(pins, 'package.json'), 'utf8'),
		packageLock: await readFile(join(pins, 'package-lock.json'), 'utf8'),
	};
	const machine = thisMachine();
	const folder = hostCacheFolder(hostFingerprint(files, machine), machine);
	const host: N8nHost = {
		folder,
		nodeBinary: n8nNodeBinary(),
		n8nScript: join(folder, 'node_modules', 'n8n', 'bin', 'n8n'),
		version: (JSON.parse(files.packageJson) as { dependencies: { n8n: string } }).dependencies.n8n,
	};
	const isComplete = () => existsSync(join(folder, COMPLETE_MARKER));
	if (isComplete()) return host;

	await withFolderLock(
		`${folder}.lock`,
		async () => {
			if (!isComplete()) await install(host, files, progress);
		},
		(holder) =>
			progress.say(
				`Another process${holder ? ` (number ${holder})` : ''} is installing n8n; waiting for it`,
			),
	);
	return host;
}

async function install(host: N8nHost, files: PinnedFiles, progress: Progress): Promise<void> {
	const partial = `${host.folder}.partial`;
	const env = installEnvironment(process.env);
	const startedAt = Date.now();
	progress.say(
		`Installing n8n ${host.version} into ${host.folder} (once, about 2.2 GB and two to four minutes)`,
	);
	if (!existsSync(join(partial, PACKAGES_MARKER))) {
		await checkDiskSpace(dirname(host.folder), NEEDED_BYTES);
		await mkdir(partial, { recursive: true });
		await writeFile(join(partial, 'package.json'), files.packageJson);
		await writeFile(join(partial, 'package-lock.json'), files.packageLock);
		await downloadPackages(host, partial, files.packageLock, env, progress);
		await writeFile(join(partial, PACKAGES_MARKER), '');
	}
	progress.say('Preparing SQLite for n8n');
	await prepareSqlite({
		hostFolder: partial,
		nodeBinary: host.nodeBinary,
		env,
		say: progress.say,
	});
	await writeFile(join(partial, COMPLETE_MARKER), new Date().toISOString());
	await rm(host.folder, { recursive: true, force: true });
	await rename(partial, host.folder);
	progress.say(`n8n is installed (${Math.round((Date.now() - startedAt) / 1000)} s)`);
}

async function downloadPackages(
	host: N8nHost,
	folder: string,
	packageLock: string,
	env: NodeJS.ProcessEnv,
	progress: Progress,
): Promise<void> {
	const total = countPackages(packageLock);
	const fetched = new Set<string>();
	const { file, args, shell } = npmCommand(host.nodeBinary);
	const npm = (npmArgs: string[], onLine?: (line: string) => void) =>
		runCommand(file, [...args, ...npmArgs], { cwd: folder, env, shell, ...(onLine && { onLine }) });

	// Without a network npm tries every single package for minutes: ask once, then rely on its cache.
	const ping = await npm(['ping', '--fetch-retries=0', '--fetch-timeout=15000']);
	const isOffline = NETWORK_ERRORS.test(ping.tail);
	const result = await npm(
		[
			'ci',
			'--ignore-scripts',
			// Peer ranges inside n8n's tree contradict each other: npm needs minutes to find that out.
			'--legacy-peer-deps',
			'--no-audit',
			'--no-fund',
			isOffline ? '--offline' : '--prefer-offline',
			'--loglevel=http',
		],
		(line) => {
			const source = /^npm http (?:fetch GET 200|cache) (\S+)/.exec(line)?.[1];
			if (source) fetched.add(source);
			progress.tick(
				fetched.size < total ? `${fetched.size} of ${total} packages` : 'unpacking the packages',
			);
		},
	);
	if (result.exitCode !== 0) throw installProblem(isOffline ? ping.tail : result.tail);
}

/** How many packages a lock file (version 3) brings. */
function countPackages(packageLock: string): number {
	const { packages } = JSON.parse(packageLock) as { packages: Record<string, unknown> };
	return Object.keys(packages).filter((path) => path !== '').length;
}

/** What npm's last lines mean for the person at the terminal. */
export function installProblem(npmOutput: string): Problem {
	const errors = npmOutput
		.split('\n')
		.filter((line) => /^npm (error|ERR!) \S/i.test(line))
		.filter((line) => !/complete log| {4}at | {2}\w+: |[{}]$/.test(line))
		.slice(-8)
		.join('\n');
	if (NETWORK_ERRORS.test(npmOutput))
		return new Problem(
			`n8n could not be downloaded: the npm registry did not answer.\n${errors}`,
			'Check the network (and the proxy settings of npm), then start again: what is downloaded already is kept.',
		);
	if (/\bENOSPC\b/.test(npmOutput))
		return new Problem(
			'The disk became full while n8n was being installed.',
			'Free about 5 GB and start again.',
		);
	return new Problem(
		`npm could not install n8n.\n${errors || npmOutput.split('\n').slice(-12).join('\n')}`,
		'Start again; if it fails in the same way, run "npm cache verify" first.',
	);
}

/** The environment without what an outer `npm start` sets for its own project. */
function installEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const outer = /^(npm_(package|lifecycle)_|npm_config_(workspace|local_prefix|prefix$)|INIT_CWD$)/;
	return Object.fromEntries(Object.entries(env).filter(([name]) => !outer.test(name)));
}
