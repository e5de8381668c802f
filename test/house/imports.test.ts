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

/**
 * The rooms inside a folder, floor by floor from the ground: what stands in a row may import from the rows above it in
 * this list, and from its own room. A room is a folder or a file; the longest name that fits counts.
 */
const FLOORS: Record<string, string[][]> = {
	providers: [
		['json', 'hosts'],
		['placeholder'],
		['catalogue', 'prices'],
		['schema/fields'],
		['contract'],
		['callbackAddress', 'modelChoices'],
		['schema'],
		['replies'],
		['baseUrl'],
		['aimlapi', 'novita', 'stableDiffusionApi'],
		['localGpu', 'modelslab'],
		['registry'],
	],
	jobs: [[''], ['callback']],
	nodes: [
		['shared'],
		['TextToVideo/sleep'],
		['TextToVideo/submit'],
		['TextToVideo', 'TextToVideoFetchResult', 'TextToVideoTrigger'],
	],
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

const withoutExtension = (path: string): string => path.replace(/\.[cm]?[jt]s$/, '');

/** The room of a file and its floor, counted from the ground. */
function roomOf(folder: string, path: string): { room: string; floor: number } | undefined {
	const inside = withoutExtension(path).slice(folder.length + 1);
	const rooms = (FLOORS[folder] ?? []).flatMap((names, floor) =>
		names.map((room) => ({ room, floor })),
	);
	return rooms
		.filter(({ room }) => room === '' || inside === room || inside.startsWith(`${room}/`))
		.sort((a, b) => b.room.length - a.room.length)[0];
}

/** What the files of a folder import from within it; a folder stands for its index. */
function importsWithin(folder: string): Map<string, string[]> {
	const files = filesOf(folder);
	const known = new Set(files.map(withoutExtension));
	return new Map(
		files.map((path) => [
			withoutExtension(path),
			importsOf(path).flatMap((target) =>
				[target, `${target}/index`].filter((candidate) => known.has(candidate)),
			),
		]),
	);
}

/** The files of one circle of imports, or none. */
function circleIn(imports: Map<string, string[]>): string[] {
	const done = new Set<string>();
	const walk = (file: string, path: string[]): string[] => {
		if (path.includes(file)) return path.slice(path.indexOf(file));
		if (done.has(file)) return [];
		for (const target of imports.get(file) ?? []) {
			const circle = walk(target, [...path, file]);
			if (circle.length > 0) return circle;
		}
		done.add(file);
		return [];
	};
	for (const file of imports.keys()) {
		const circle = walk(file, []);
		if (circle.length > 0) return circle;
	}
	return [];
}

describe('rooms', () => {
	it.each(Object.keys(FLOORS))('of %s: every file has one, and no import runs up', (folder) => {
		const wrong = [...importsWithin(folder)].flatMap(([file, targets]) => {
			const from = roomOf(folder, file);
			if (!from) return [`${file} is in no room`];
			return targets.flatMap((target) => {
				const to = roomOf(folder, target);
				const down = to && (to.room === from.room || to.floor < from.floor);
				return down ? [] : [`${file} imports ${target}`];
			});
		});
		expect(wrong).toEqual([]);
	});

	it.each(Object.keys(FLOORS))('of %s: no imports run in a circle', (folder) => {
		expect(circleIn(importsWithin(folder))).toEqual([]);
	});

	it('would notice a circle', () => {
		const imports = new Map([
			['a', ['b']],
			['b', ['c', 'd']],
			['c', []],
			['d', ['b']],
		]);
		expect(circleIn(imports)).toEqual(['b', 'd']);
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
