// Which npm packages the three published packages bring along, and under which licences: docs/licences.md.
//
//     npm run licences               writes the page
//     npm run licences -- --check    fails where the page is old or a licence is not permissive
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const PAGE = join(root, 'docs', 'licences.md');

/** What may be used and passed on with no more than a notice. */
const PERMISSIVE = new Set([
	'0BSD',
	'Apache-2.0',
	'BlueOak-1.0.0',
	'BSD-2-Clause',
	'BSD-3-Clause',
	'CC0-1.0',
	'ISC',
	'MIT',
	'PostgreSQL',
	'Python-2.0',
	'Unlicense',
]);

/** What a package's own declaration does not say. */
export const BESIDES: Record<string, string> = {
	'h264-mp4-encoder':
		'holds libmp4v2 (MPL-1.1, source at https://github.com/TrevorSundberg/libmp4v2) and minih264 (CC0-1.0)',
};

/** Of the lock file. The key is a path like `node_modules/a/node_modules/b`, or a workspace's folder. */
interface LockedPackage {
	name?: string;
	license?: string;
	link?: boolean;
	resolved?: string;
	workspaces?: string[];
	dependencies?: Record<string, string>;
	optionalDependencies?: Record<string, string>;
}

type Locked = Record<string, LockedPackage>;

export interface ShippedPackage {
	name: string;
	licence: string;
	shippedWith: string[];
}

/** @param licence SPDX: one licence, or `(A OR B)`, or `(A AND B)` */
export function isPermissive(licence: string): boolean {
	const inner = licence.replace(/^\((.*)\)$/, '$1');
	if (/ OR /.test(inner)) return inner.split(' OR ').some(isPermissive);
	if (/ AND /.test(inner)) return inner.split(' AND ').every(isPermissive);
	return PERMISSIVE.has(inner);
}

/** Every package that an installation brings along, from the lock file. */
export function shippedPackages(): ShippedPackage[] {
	const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
	const { packages } = JSON.parse(lock) as { packages: Locked };
	const found = new Map<string, ShippedPackage>();
	for (const folder of ['', ...(packages['']?.workspaces ?? [])]) {
		const shippedWith = packages[folder]?.name ?? folder;
		for (const path of reachable(packages, folder)) {
			const entry = found.get(nameOf(path)) ?? {
				name: nameOf(path),
				licence: packages[path]?.license ?? licenceInside(path),
				shippedWith: [],
			};
			if (!entry.shippedWith.includes(shippedWith)) entry.shippedWith.push(shippedWith);
			found.set(entry.name, entry);
		}
	}
	return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

const nameOf = (path: string): string => path.replace(/^.*node_modules\//, '');

function reachable(packages: Locked, from: string, seen = new Set<string>()): Set<string> {
	const { dependencies = {}, optionalDependencies = {} } = packages[from] ?? {};
	for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
		const path = resolved(packages, from, name);
		// A package for another machine may be in no lock.
		if (path === undefined || seen.has(path)) continue;
		seen.add(path);
		reachable(packages, path, seen);
	}
	return seen;
}

/** As Node looks modules up: beside, then further out. */
function resolved(packages: Locked, from: string, name: string): string | undefined {
	for (let folder = from; ; folder = folder.replace(/(^|\/)(node_modules\/)?[^/]+$/, '')) {
		const path = `${folder}${folder === '' ? '' : '/'}node_modules/${name}`;
		const entry = packages[path];
		if (entry) return entry.link ? entry.resolved : path;
		if (folder === '') return undefined;
	}
}

function licenceInside(path: string): string {
	try {
		const text = readFileSync(join(root, path, 'package.json'), 'utf8');
		const { license } = JSON.parse(text) as { license?: string };
		return license ?? 'unknown';
	} catch {
		return 'unknown';
	}
}

export function page(packages = shippedPackages()): string {
	const rows = packages.map(
		({ name, licence, shippedWith }) =>
			`| ${name} | ${licence}${BESIDES[name] ? `; ${BESIDES[name]}` : ''} | ${shippedWith.join(', ')} |`,
	);
	return [
		'# Licences of what is shipped',
		'',
		'Every npm package that comes along when one of the three packages is installed, with all that these bring along in turn. n8n-nodes-text-to-video brings none: it uses what n8n itself carries. Written by `npm run licences`; a test holds it against the lock file, and every licence must be permissive.',
		'',
		'The diffusers engine of text-to-video-gpu-local is Python, installed on demand by its own `setup` from `gpu-local/worker`; its packages and the models that you choose have licences of their own.',
		'',
		'| Package | Licence | Comes with |',
		'| --- | --- | --- |',
		...rows,
		'',
	].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const packages = shippedPackages();
	const wrong = packages.filter(({ licence }) => !isPermissive(licence));
	for (const { name, licence } of wrong) console.error(`${name} is under ${licence}`);
	const old = process.argv.includes('--check') && readFileSync(PAGE, 'utf8') !== page(packages);
	if (old) console.error('docs/licences.md is old: npm run licences');
	if (!process.argv.includes('--check')) writeFileSync(PAGE, page(packages));
	process.exitCode = wrong.length > 0 || old ? 1 : 0;
	console.log(`${packages.length} packages`);
}
