/** The compatibility table of the README says what the tests really run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
	N8N_HOST_FOLDER,
	OLDEST_N8N_HOST_FOLDER,
	REPOSITORY_FOLDER,
} from '../../scripts/repository';

const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));
const n8nOf = (folder: string) => json(folder, 'package.json').dependencies.n8n as string;

it('names the versions that the installation tests install', () => {
	const readme = readFileSync(join(REPOSITORY_FOLDER, 'README.md'), 'utf8');
	const rows = readme.split('\n').filter((line) => line.startsWith('| '));
	const row = (start: string) => rows.find((line) => line.startsWith(`| ${start}`)) ?? '';
	expect(row('n8n nodes')).toContain(
		`n8n ${n8nOf(N8N_HOST_FOLDER)} and ${n8nOf(OLDEST_N8N_HOST_FOLDER)}`,
	);
	const modules = join(REPOSITORY_FOLDER, 'node_modules');
	const nodeRed = (name: string) => json(modules, name, 'package.json').version as string;
	expect(row('Node-RED nodes')).toContain(
		`Node-RED ${nodeRed('node-red-4')} and ${nodeRed('node-red')}`,
	);
	const { engines } = json(REPOSITORY_FOLDER, 'gpu-local', 'package.json');
	expect(row('local executor')).toContain(`Node ${engines.node.replace('>=', '')}`);
});
