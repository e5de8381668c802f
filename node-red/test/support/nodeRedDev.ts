/**
 * The flow library's own checker on an unpacked package. It asks the world three things: which packages are in the
 * library, which versions of Node-RED there are, and what the dependencies depend on. Here it gets the answers from
 * what is installed, so that its rules run without a network.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

const VERSION = '0.1.6';

export interface Answers {
	/** Packages of the library and the node types in them. */
	modules: Array<{ id: string; types: string[] }>;
	/** Node-RED's released versions: which Node each wants, by version. */
	latest: string;
	maintenance: string;
	enginesNode: Record<string, string>;
	/** `name@version` of all that a dependency brings along, itself included. */
	trees: Record<string, string[]>;
	/** Newest version of each dependency. */
	newest: Record<string, string>;
}

export type Scorecard = Record<string, { test?: boolean; [detail: string]: unknown }>;

/** @returns what the checker writes down: a verdict for each rule */
export async function scorecardOf(folder: string, answers: Answers): Promise<Scorecard> {
	const installed = await install();
	const output = path.join(folder, '..', `scorecard-${Date.now()}.json`);
	const preload = path.join(import.meta.dirname, 'nodeRedDevOffline.cjs');
	const run = path.join(installed, 'node_modules/node-red-dev/bin/run');
	execFileSync(
		process.execPath,
		['--require', preload, run, 'validate', '--path', folder, '--output', output],
		{
			env: { ...process.env, NODE_RED_DEV: installed, ANSWERS: JSON.stringify(answers) },
			stdio: 'pipe',
		},
	);
	return JSON.parse(await readFile(output, 'utf8')) as Scorecard;
}

/** Packages that break others, and in which versions. */
export async function badPackages(): Promise<Record<string, string>> {
	const file = path.join(await install(), 'node_modules/node-red-dev/src/badpackages.json');
	return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
}

/** Once for this user: it is large, old, and no part of the project. */
async function install(): Promise<string> {
	const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
	const folder = path.join(cache, 'text-to-video', `node-red-dev-${VERSION}`);
	if (existsSync(folder)) return folder;
	const partial = `${folder}.${process.pid}.partial`;
	await mkdir(partial, { recursive: true });
	await writeFile(path.join(partial, 'package.json'), '{"private": true}');
	const PATH = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`;
	execFileSync(
		'npm',
		['install', '--ignore-scripts', '--no-audit', '--no-fund', `node-red-dev@${VERSION}`],
		{ cwd: partial, env: { ...process.env, PATH }, stdio: 'pipe' },
	);
	await rename(partial, folder).catch(async () => await rm(partial, { recursive: true }));
	return folder;
}
