/**
 * What the flow library asks of a package, on the packed tarball. Its checker is node-red-dev. Its rules, and how each
 * is covered here:
 *
 * | Rule | Asks for                             | By node-red-dev itself  | By a test of our own                   |
 * | ---- | ------------------------------------ | ----------------------- | -------------------------------------- |
 * | P01  | a licence                            | yes                     |                                        |
 * | P02  | the repository's package is this one | switched off there      | the manifest names its folder          |
 * | P03  | repository or bugs                   | yes                     |                                        |
 * | P04  | a name the rules allow               | yes                     |                                        |
 * | P05  | the keyword                          | says yes to everything  | the keyword is there                   |
 * | P06  | runs on current Node-RED versions    | yes, the installed ones | the suites run on both                 |
 * | P07  | runs on Node-RED's oldest Node       | yes, the installed ones |                                        |
 * | P08  | no package of the same name          | says yes to everything  | the name is the one that we publish    |
 * | N01  | no node type of the same name        | yes, the core's nodes   | all types bear the package's own words |
 * | N02  | an example for each node             | yes                     | the examples run                       |
 * | D01  | at most six dependencies             | yes                     |                                        |
 * | D02  | no package known to be bad           | of one dependency only  | of each, with the tool's own list      |
 * | D03  | dependencies up to date              | yes, the installed ones | ranges reach what runs on our Node     |
 *
 * The library itself, and what is newest today, are not asked: a test must not fail because the world moved on.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { badPackages, scorecardOf, type Answers } from '../support/nodeRedDev';
import { NAME, packed } from '../support/package';

const require = createRequire(import.meta.url);
const semver = require('semver') as {
	satisfies(version: string, range: string): boolean;
	minVersion(range: string): { version: string };
};

interface Manifest {
	name: string;
	version: string;
	engines: { node: string };
	keywords: string[];
	dependencies: Record<string, string>;
	repository: { directory: string };
	'node-red': { version: string; nodes: Record<string, string> };
}

const manifestOf = async (folder: string): Promise<Manifest> =>
	JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Manifest;
const folderOf = (name: string, from = import.meta.filename) =>
	path.dirname(createRequire(from).resolve(`${name}/package.json`));

describe('the flow library', () => {
	let folder: string;
	let manifest: Manifest;
	let answers: Answers;

	beforeAll(async () => {
		({ folder } = await packed());
		manifest = await manifestOf(folder);
		answers = await answersFromWhatIsInstalled(manifest);
	}, 240_000);

	it('finds nothing to say against the package', async () => {
		const scorecard = await scorecardOf(folder, answers);
		const { package: about, ...rules } = scorecard;
		expect(about).toEqual({ name: NAME, version: manifest.version });
		expect(Object.keys(rules).sort()).toEqual(
			['D01', 'D02', 'D03', 'N01', 'N02', 'P01', 'P03', 'P04', 'P05', 'P06', 'P07', 'P08'].sort(),
		);
		expect(Object.entries(rules).filter(([, { test }]) => test !== true)).toEqual([]);
		expect(rules.P06).toMatchObject({ versions: [answers.latest, answers.maintenance] });
		expect(rules.N02).toMatchObject({
			nodes: ['text-to-video', 'text-to-video-result', 'text-to-video-webhook'],
		});
	});

	it('would be heard: the rules fail where something is wrong', async () => {
		const wrong: Answers = {
			...answers,
			modules: [{ id: '@someone/videos', types: ['text-to-video'] }],
			enginesNode: { ...answers.enginesNode, [answers.latest]: '>=18' },
			trees: { ...answers.trees, undici: ['agent-base@4.0.0'] },
			newest: { ...answers.newest, zod: '99.0.0' },
		};
		const scorecard = await scorecardOf(folder, wrong);
		for (const rule of ['P07', 'N01', 'D02', 'D03']) {
			expect([rule, scorecard[rule]?.test]).toEqual([rule, false]);
		}
	});

	it('P02: finds the package where the manifest says that its source is', async () => {
		const source = path.join(import.meta.dirname, '../../..', manifest.repository.directory);
		expect((await manifestOf(source)).name).toBe(manifest.name);
	});

	it('P05, P08, N01: knows it by a name and by types that say what it is for', () => {
		expect(manifest.name).toBe(NAME);
		expect(manifest.keywords).toContain('node-red');
		const types = Object.keys(manifest['node-red'].nodes);
		expect(types.filter((type) => !type.startsWith('text-to-video'))).toEqual([]);
	});

	it('D02: brings nothing along that is known to be bad', async () => {
		const bad = await badPackages();
		expect(Object.keys(bad)).not.toEqual([]);
		const all = Object.values(answers.trees).flat();
		const found = all.filter((entry) => {
			const [, name = '', version = ''] = /^(@?[^@]+)@(.+)$/.exec(entry) ?? [];
			return bad[name] !== undefined && semver.satisfies(version, bad[name]);
		});
		expect(found).toEqual([]);
	});

	it('D03: gets dependencies that run on every Node that the package runs on', async () => {
		const oldest = semver.minVersion(manifest.engines.node).version;
		for (const [name, range] of Object.entries(manifest.dependencies)) {
			const { version, engines } = await manifestOf(folderOf(name));
			expect(semver.satisfies(version, range), `${name} ${range}`).toBe(true);
			// A newer major of undici would leave out Node 20, and with it Node-RED 4.1 as many run it.
			expect(semver.satisfies(oldest, engines?.node ?? '*'), name).toBe(true);
		}
	});
});

async function answersFromWhatIsInstalled({ dependencies }: Manifest): Promise<Answers> {
	const [latest, maintenance] = [
		await manifestOf(folderOf('node-red')),
		await manifestOf(folderOf('node-red-4')),
	];
	const trees: Answers['trees'] = {};
	const newest: Answers['newest'] = {};
	for (const name of Object.keys(dependencies)) {
		trees[name] = await treeOf(name);
		newest[name] = (await manifestOf(folderOf(name))).version;
	}
	return {
		modules: [{ id: 'node-red', types: await coreTypes() }],
		...{ latest: latest.version, maintenance: maintenance.version, trees, newest },
		enginesNode: {
			[latest.version]: latest.engines.node,
			[maintenance.version]: maintenance.engines.node,
		},
	};
}

async function treeOf(name: string, from?: string): Promise<string[]> {
	const folder = folderOf(name, from);
	const { version, dependencies = {} } = await manifestOf(folder);
	const inner = Object.keys(dependencies).map(
		async (other) => await treeOf(other, path.join(folder, 'package.json')),
	);
	return [`${name}@${version}`, ...(await Promise.all(inner)).flat()];
}

/** The node types that Node-RED itself brings, read from the templates of its nodes. */
async function coreTypes(): Promise<string[]> {
	const nodes = folderOf('@node-red/nodes', require.resolve('node-red'));
	const { glob } = await import('node:fs/promises');
	const types: string[] = [];
	for await (const file of glob('core/**/*.html', { cwd: nodes })) {
		const html = await readFile(path.join(nodes, file), 'utf8');
		for (const [, type] of html.matchAll(/registerType\(\s*['"]([^'"]+)/g)) types.push(type!);
	}
	return types;
}
