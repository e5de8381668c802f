/** The n8n package as people get it: what is in the tarball, and that it loads with n8n's own modules and no others. */
import { execFileSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npm, packTarball, unpackTarball } from '../support/tarball';

const root = resolve(import.meta.dirname, '..', '..');
const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'pack-'));

interface Manifest {
	dependencies?: Record<string, string>;
	scripts?: Record<string, string>;
	peerDependencies: Record<string, string>;
	n8n: { nodes: string[]; credentials: string[] };
}

let files: string[];
let tarballFile: string;
let unpacked: string;
let manifest: Manifest;

beforeAll(() => {
	execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root });
	const tarball = packTarball(folder);
	files = tarball.files;
	tarballFile = tarball.path;
	unpacked = unpackTarball(tarball, folder);
	manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as Manifest;
	mkdirSync(join(folder, 'node_modules'));
	for (const name of ['n8n-workflow', 'zod']) {
		const home = require.resolve(`${name}/package.json`);
		symlinkSync(dirname(home), join(folder, 'node_modules', name), 'junction');
	}
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newOf = (file: string, name: string): object => {
	const exports = require(file) as Record<string, new () => object>;
	return new exports[name]!();
};

/** With a word in place of every function, own or of the class. */
const contents = (value: unknown): unknown => {
	if (typeof value === 'function') return 'a function';
	if (typeof value !== 'object' || value === null) return value;
	if (Array.isArray(value)) return value.map(contents);
	const inherited = Object.getOwnPropertyNames(Object.getPrototypeOf(value)).filter(
		(key) => key !== 'constructor' && !(key in Object.prototype),
	);
	const keys = [...Object.keys(value), ...inherited];
	return Object.fromEntries(
		keys.map((key) => [key, contents((value as Record<string, unknown>)[key])]),
	);
};

describe('the n8n tarball', () => {
	it('holds the compiled nodes, their icons and the documents, and nothing else', () => {
		const others = files.filter(
			(path) =>
				!/^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/.test(path) &&
				!/^dist\/(providers|jobs|nodes|credentials)\/.+\.(js|svg|node\.json)$/.test(path) &&
				!/^dist\/providers\/catalogue\/data\/\w+\.json$/.test(path),
		);
		expect(others).toEqual([]);
		expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
	});

	it('has every file that n8n is told to load', () => {
		const missing = [...manifest.n8n.nodes, ...manifest.n8n.credentials].filter(
			(path) => !existsSync(join(unpacked, path)),
		);
		expect(missing).toEqual([]);
	});

	it('brings no dependency along', () => {
		expect(manifest.dependencies ?? {}).toEqual({});
		expect(manifest.peerDependencies).toEqual({ 'n8n-workflow': '*' });
	});

	it('installs by hand as one package: nothing else is looked for, compiled or run', () => {
		const home = join(folder, 'home');
		mkdirSync(home);
		// Or npm would take the folder above, which has modules, for the place.
		writeFileSync(join(home, 'package.json'), '{}');
		// Without a network npm fails over any package that it would need beside this one.
		npm(['install', '--offline', '--no-audit', '--no-fund', tarballFile], home);
		const lock = readFileSync(join(home, 'package-lock.json'), 'utf8');
		const { packages } = JSON.parse(lock) as { packages: Record<string, object> };
		expect(Object.keys(packages)).toEqual(['', 'node_modules/n8n-nodes-text-to-video']);
		const { scripts = {} } = manifest;
		expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
	});

	it('gives n8n at its start what the classes come to, and loads these with their first call', () => {
		for (const path of [...manifest.n8n.nodes, ...manifest.n8n.credentials]) {
			const file = join(unpacked, path);
			const name = basename(path).split('.')[0] ?? '';
			const before = Object.keys(require.cache);
			const atStart = newOf(file, name);
			const loaded = Object.keys(require.cache).filter((key) => !before.includes(key));
			expect(loaded, path).toEqual([file]);
			expect(contents(atStart), path).toEqual(
				contents(newOf(file.replace(/js$/, 'whole.js'), name)),
			);
		}
	});

	it('loads with nothing but the modules that n8n itself carries', () => {
		for (const path of [...manifest.n8n.nodes, ...manifest.n8n.credentials]) {
			const exports = require(join(unpacked, path)) as Record<string, new () => object>;
			// n8n takes the class that bears the file's name.
			const name = path.split('/').at(-1)?.split('.')[0] ?? '';
			const loaded = new (
				exports[name] as new () => { description?: { icon: object }; icon?: object }
			)();
			const icons = Object.values(loaded.description?.icon ?? loaded.icon ?? {}) as string[];
			expect(icons, path).toHaveLength(2);
			for (const icon of icons) {
				expect(existsSync(join(unpacked, dirname(path), icon.replace('file:', ''))), icon).toBe(
					true,
				);
			}
		}
	});
});
