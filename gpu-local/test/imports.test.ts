/** The rooms of the server: imports run down this list, none in a circle, and SQL has three homes. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');

/** From the top down. A file at the root of `src` is a room of its own. */
const ROOMS = [
	'cli',
	'commands',
	'app',
	'server',
	'compose',
	'makeTemplate',
	'maintenance',
	'worker',
	'dialects',
	'http',
	'config',
	'videos',
	'callbacks',
	'backup',
	'store',
	'queue',
	'engines',
	'models',
	'artifacts',
	'setup',
	'db',
	'lib',
	'version',
	'assets',
];

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
	.filter(({ name }) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
	.map((entry) => relative(SRC, join(entry.parentPath, entry.name)).split(sep).join('/'));

const textOf = (file: string): string => readFileSync(join(SRC, file), 'utf8');
const roomOf = (file: string): string => file.split('/')[0]!.replace(/\.ts$/, '');

const importsOf = (file: string): string[] =>
	[...textOf(file).matchAll(/(?:from\s+|import\s*\(\s*)'(\.[^']+)'/g)]
		.map(([, target]) => join(dirname(file), target!).split(sep).join('/'))
		.filter((target) => files.includes(target));

it('every room has its place in the order', () => {
	expect([...new Set(files.map(roomOf))].sort()).toEqual([...ROOMS].sort());
});

it('no import runs up', () => {
	const up = files.flatMap((file) =>
		importsOf(file)
			.filter((target) => ROOMS.indexOf(roomOf(target)) < ROOMS.indexOf(roomOf(file)))
			.map((target) => `${file} imports ${target}`),
	);
	expect(up).toEqual([]);
});

it('no import runs in a circle', () => {
	const done = new Set<string>();
	const circles: string[] = [];
	const visit = (file: string, path: string[]): void => {
		if (path.includes(file)) {
			circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
			return;
		}
		if (done.has(file)) return;
		for (const target of importsOf(file)) visit(target, [...path, file]);
		done.add(file);
	};
	for (const file of files) visit(file, []);
	expect(circles).toEqual([]);
});

it('SQL is in store/, queue/ and the schema only', () => {
	const SQL = /['"`]\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\s/;
	const elsewhere = files.filter(
		(file) => !/^(store|queue)\/|^db\/schema\.ts$/.test(file) && SQL.test(textOf(file)),
	);
	expect(elsewhere).toEqual([]);
	expect(files.filter((file) => file.startsWith('store/') && SQL.test(textOf(file)))).not.toEqual(
		[],
	);
});
