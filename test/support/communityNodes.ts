/** The two ways in which a community package gets into an n8n, each as n8n or its documents do it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_NAME } from '../../scripts/repository';
import { npm } from './tarball';

export type Place = (tarball: string, userFolder: string, packageName?: string) => void;

const nodesFolder = (userFolder: string) => join(userFolder, '.n8n', 'nodes');

/**
 * Settings → Community nodes: n8n unpacks the tarball, drops what only developers and package
 * managers need from its package.json, and lets npm install the rest of it beside the files.
 */
export const fromSettings: Place = (tarball, userFolder, packageName = PACKAGE_NAME) => {
	const folder = join(nodesFolder(userFolder), 'node_modules', packageName);
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
	const path = join(folder, 'package.json');
	const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
	for (const name of ['devDependencies', 'peerDependencies', 'optionalDependencies'])
		delete manifest[name];
	writeFileSync(path, JSON.stringify(manifest, null, 2));
	const args = ['--bin-links=false', '--install-strategy=shallow', '--package-lock=false'];
	npm(['install', '--audit=false', '--fund=false', '--ignore-scripts=true', ...args], folder);
};

/** By hand: `npm install` in `~/.n8n/nodes`, which brings an n8n-workflow of its own along. */
export const byHand: Place = (tarball, userFolder) => {
	const folder = nodesFolder(userFolder);
	mkdirSync(folder, { recursive: true });
	npm(['install', '--audit=false', '--fund=false', tarball], folder);
};
