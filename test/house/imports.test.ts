/** The house's one-way street, and that only `providers/` and `credentials/` know providers by name. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { providers } from '../../providers/registry';

const root = resolve(import.meta.dirname, '..', '..');

/** What a folder's files may import from the rest of the house. */
const MAY_IMPORT: Record<string, string[]> = {
	providers: [],
	jobs: ['providers'],
	nodes: ['jobs', 'providers'],
	credentials: ['providers'],
	'node-red': ['jobs', 'providers'],
	'gpu-local': ['jobs', 'providers'],
};

/** Names of services; `localGpu` is ours and is asked about by the same declaration. */
const NAMES =
	/novita|pixverse|aiml|modelslab|stable.?diffusion.?api|dreambooth|local.?gpu|stable.?diffusion/i;

const SHIPPED = /\.(ts|cts|mts|mjs|cjs|js|html)$/;
const NOT_SHIPPED =
	/(^|\/)(node_modules|dist|resources|test|tests|examples|locales|scripts|bench|worker)(\/|$)/;

function filesOf(folder: string): string[] {
	return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && SHIPPED.test(entry.name))
		.map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
		.filter((path) => !NOT_SHIPPED.test(path));
}

function importsOf(path: string): string[] {
	const text = readFileSync(join(root, path), 'utf8');
	const found = text.matchAll(
		/(?:from\s+|import\s*\(?\s*|require\s*\(\s*)['"](\.{1,2}\/[^'"]+)['"]/g,
	);
	return [...found].map(([, target]) =>
		relative(root, join(root, dirname(path), target ?? ''))
			.split(sep)
			.join('/'),
	);
}

describe('imports', () => {
	it.each(Object.keys(MAY_IMPORT))('%s imports only what it stands on', (folder) => {
		const wrong = filesOf(folder).flatMap((path) =>
			importsOf(path)
				.map((target) => target.split('/')[0] ?? '')
				.filter((top) => top !== folder && !MAY_IMPORT[folder]?.includes(top))
				// A workspace reads its own package.json and the like.
				.filter((top) => existsSync(join(root, top)))
				.map((top) => `${path} imports ${top}`),
		);
		expect(filesOf(folder).length).toBeGreaterThan(0);
		expect(wrong).toEqual([]);
	});
});

describe('names of providers', () => {
	it.each(['jobs', 'nodes', 'node-red'])(
		'%s asks the declaration instead of knowing names',
		(folder) => {
			const named = filesOf(folder).flatMap((path) =>
				readFileSync(join(root, path), 'utf8')
					.split('\n')
					.flatMap((line, index) =>
						NAMES.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [],
					),
			);
			expect(named).toEqual([]);
		},
	);

	it('would notice a name', () => {
		for (const { id } of providers) expect(NAMES.test(id), id).toBe(true);
	});
});
