/** A release is made by the workflow, from a tag, with provenance, after the checks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { REPOSITORY_FOLDER } from '../../scripts/repository';

interface Workflow {
	on: { push: { tags: string[] } };
	permissions: Record<string, string>;
	jobs: Record<string, { steps: Array<{ run?: string }> }>;
}

const FOLDERS = ['.', 'node-red', 'gpu-local'];

const read = (...path: string[]): string => readFileSync(join(REPOSITORY_FOLDER, ...path), 'utf8');
const manifestOf = (folder: string) =>
	JSON.parse(read(folder, 'package.json')) as { version: string };
const workflow = parse(read('.github', 'workflows', 'release.yml')) as Workflow;
const commands = Object.values(workflow.jobs).flatMap(({ steps }) =>
	steps.flatMap(({ run }) => run ?? []),
);

it('publishes each package with provenance, and may ask for it', () => {
	expect(workflow.on.push.tags).toEqual(['v*']);
	expect(workflow.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
	const published = commands.filter((command) => command.startsWith('npm publish'));
	expect(published).toHaveLength(FOLDERS.length);
	for (const command of published) expect(command).toContain('--provenance --access public');
});

it('checks before it publishes', () => {
	const first = commands.findIndex((command) => command.startsWith('npm publish'));
	expect(commands.slice(0, first).join('\n')).toMatch(
		/npm run lint && npm run typecheck && npm test/,
	);
});

it('has one version for the three packages, and a part of the changelog for it', () => {
	const { version } = manifestOf('.');
	expect(FOLDERS.map((folder) => manifestOf(folder).version)).toEqual(FOLDERS.map(() => version));
	expect(read('CHANGELOG.md')).toContain(`\n## ${version}\n`);
	const lock = JSON.parse(read('package-lock.json')) as {
		version: string;
		packages: Record<string, { version: string }>;
	};
	expect(lock.version).toBe(version);
	for (const name of ['', 'node-red', 'gpu-local'])
		expect(lock.packages[name]?.version).toBe(version);
});
