/** Inside this package, too, imports go one way: down the list of rooms, and in no circle. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..');
/** Each room stands on those before it. */
const ROOMS = [
	...['runtime', 'i18n', 'messages', 'account', 'money', 'input', 'output', 'jobs'],
	'callbacks',
];

const filesIn = (folder: string): string[] =>
	readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
		.map((name) => path.posix.join(folder, name.split(path.sep).join('/')));

/** What a file imports from within the package. */
const importsOf = (file: string): string[] =>
	[...readFileSync(path.join(root, file), 'utf8').matchAll(/from '(\.{1,2}\/[^']+)'/g)]
		.map(([, target]) => path.posix.join(path.posix.dirname(file), `${target}.ts`))
		.filter((target) => !target.startsWith('..'));

const roomOf = (file: string): string => file.split('/')[1] ?? '';

describe('imports of the runtime', () => {
	it('lie in a room each', () => {
		const rooms = new Set(filesIn('src').map(roomOf));
		expect([...rooms].sort()).toEqual([...ROOMS].sort());
	});

	it('go down the list of rooms', () => {
		const upwards = filesIn('src').flatMap((file) =>
			importsOf(file)
				.filter((target) => ROOMS.indexOf(roomOf(target)) > ROOMS.indexOf(roomOf(file)))
				.map((target) => `${file} imports ${target}`),
		);
		expect(upwards).toEqual([]);
	});
});

describe.each(['src', 'editor', 'nodes'])('imports in %s/', (folder) => {
	it('go in no circle', () => {
		const circles: string[] = [];
		const finished = new Set<string>();
		const visit = (file: string, above: string[]): void => {
			if (above.includes(file)) circles.push([...above, file].join(' → '));
			if (above.includes(file) || finished.has(file)) return;
			for (const target of importsOf(file)) visit(target, [...above, file]);
			finished.add(file);
		};
		const files = filesIn(folder);
		for (const file of files) visit(file, []);
		expect(files.length).toBeGreaterThan(0);
		expect(circles).toEqual([]);
	});
});
