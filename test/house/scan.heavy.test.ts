/**
 * What n8n's own scan of a community package does with the published tarball: its lint over every `.js` file and the
 * package.json, in the unpacked package, with comments that switch rules off ignored. Both of the tarball's legs, the
 * sources' and the compiled files', must be without a finding.
 */
import { execFileSync } from 'node:child_process';
import {
	cpSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import { ESLint, type Linter } from 'eslint';
import type { INodeType } from 'n8n-workflow';
import tseslint from 'typescript-eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../../providers/registry';
import { packTarball, unpackTarball } from '../support/tarball';

const require = createRequire(import.meta.url);
const root = resolve(import.meta.dirname, '..', '..');
const SOURCES = ['providers', 'jobs', 'nodes', 'credentials', 'tsconfig.json', 'package.json'];
const PAPERS = ['README.md', 'LICENSE', 'CHANGELOG.md'];

const folder = mkdtempSync(join(tmpdir(), 'scan-'));
const unpacked = join(folder, 'package');

beforeAll(() => {
	// A copy, because another test may be building the real one.
	const copy = join(folder, 'copy');
	mkdirSync(join(copy, 'scripts'), { recursive: true });
	for (const name of [
		...SOURCES,
		...PAPERS,
		join('scripts', 'build.mjs'),
		join('scripts', 'build'),
	]) {
		cpSync(join(root, name), join(copy, name), { recursive: true });
	}
	symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
	execFileSync(process.execPath, [join(copy, 'scripts', 'build.mjs')], { cwd: copy });
	unpackTarball(packTarball(folder, undefined, copy), folder);
	// Beside n8n's and zod's modules, as in n8n.
	symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recommended = n8nCommunityNodesPlugin.configs.recommended as Linter.Config;

/** The plugin's recommended rules and no console, as the scan sets them up. */
const scanner = (cwd: string): ESLint =>
	new ESLint({
		cwd,
		allowInlineConfig: false,
		overrideConfigFile: true,
		overrideConfig: [
			recommended,
			{ rules: { 'no-console': 'error' } },
			{
				files: ['package.json'],
				languageOptions: {
					parser: tseslint.parser as Linter.Parser,
					parserOptions: { extraFileExtensions: ['.json'] },
				},
			},
			{
				files: ['**/*.ts'],
				languageOptions: { parser: tseslint.parser as Linter.Parser },
			},
		],
	});

interface Manifest {
	name: string;
	dependencies?: object;
	n8n: { nodes: string[]; credentials: string[] };
}

function nodeOf(tarball: string, name: string): INodeType {
	const modules = require(join(tarball, 'dist', 'nodes', name, `${name}.node.js`)) as Record<
		string,
		new () => INodeType
	>;
	return new modules[name]!();
}

async function findings(
	cwd: string,
	patterns: string[],
): Promise<{ files: number; found: string[] }> {
	const results = await scanner(cwd).lintFiles(patterns);
	const found = results.flatMap(({ filePath, messages }) =>
		messages.map(
			({ line, ruleId, message }) =>
				`${filePath.slice(cwd.length + 1)}:${line} ${ruleId} ${message}`,
		),
	);
	return { files: results.length, found };
}

it("finds nothing in the tarball's compiled files and package.json", async () => {
	const { files, found } = await findings(unpacked, ['**/*.js', 'package.json']);
	expect(files).toBeGreaterThan(40);
	expect(found).toEqual([]);
});

describe.each(['novita', 'aiml'])('an edition for one account (%s)', (account) => {
	const edition = join(folder, account);
	const name = `n8n-nodes-text-to-video-${account}`;
	let tarball: string;

	beforeAll(() => {
		execFileSync(join(root, 'node_modules', '.bin', 'tsx'), [
			join(root, 'scripts', 'edition.ts'),
			account,
			edition,
		]);
		const unpackedIn = join(folder, `${account}-tarball`);
		mkdirSync(unpackedIn);
		tarball = unpackTarball(packTarball(unpackedIn, undefined, edition), unpackedIn);
	}, 120_000);

	it('passes the same rules, sources and tarball', async () => {
		const compiled = await findings(tarball, ['**/*.js', 'package.json']);
		expect(compiled.files).toBeGreaterThan(40);
		expect(compiled.found).toEqual([]);
		const sources = await findings(edition, ['package.json', '{nodes,credentials}/**/*.ts']);
		expect(sources.found).toEqual([]);
	});

	it('knows no address of another service, and shows this one alone', () => {
		const kept = providers.filter(({ credential }) => credential.toLowerCase().includes(account));
		const foreign = providers
			.filter((provider) => !kept.includes(provider))
			.map(({ account: { defaultBaseUrl } }) => new URL(defaultBaseUrl).host);
		const files = readdirSync(join(tarball, 'dist'), { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile())
			.map((entry) => join(entry.parentPath, entry.name));
		const found = files.filter((file) => {
			const text = readFileSync(file, 'utf8');
			return foreign.some((host) => text.includes(host));
		});
		expect(kept.length).toBeGreaterThan(0);
		expect(found).toEqual([]);
		const { description } = nodeOf(tarball, 'TextToVideo');
		const shown = description.properties.find(({ name: own }) => own === 'provider');
		expect(shown?.options?.map((option) => (option as { value: string }).value).sort()).toEqual(
			kept.map(({ id }) => id).sort(),
		);
		expect(shown?.default).toBe(kept[0]?.id);
		// A slot is shown for each endpoint of the account; all ask for the one credential.
		const slots = new Set(description.credentials?.map((slot) => slot.name));
		expect([...slots]).toHaveLength(1);
	});

	it('is a package of its own name, with a trigger only where the service calls back', () => {
		const manifest = JSON.parse(readFileSync(join(tarball, 'package.json'), 'utf8')) as Manifest;
		expect(manifest.name).toBe(name);
		expect(manifest.dependencies).toBeUndefined();
		expect(manifest.n8n.credentials).toHaveLength(1);
		expect(manifest.n8n.nodes.some((path) => path.includes('Trigger'))).toBe(account === 'novita');
	});
});

it('finds nothing in the sources of the nodes and credentials', async () => {
	const copy = join(folder, 'copy');
	const { files, found } = await findings(copy, ['package.json', '{nodes,credentials}/**/*.ts']);
	expect(files).toBeGreaterThan(20);
	expect(found).toEqual([]);
});

it('would find what is not allowed, also behind a comment that switches the rule off', async () => {
	const bad = join(folder, 'bad');
	mkdirSync(bad);
	const code = [
		'/* eslint-disable */',
		"const fs = require('fs');",
		'setTimeout(() => console.log(process.env.KEY, fs), 1);',
	];
	writeFileSync(join(bad, 'bad.js'), code.join('\n'));
	const { found } = await findings(bad, ['**/*.js']);
	const rules = found.map((line) => line.split(' ')[1]);
	expect(rules).toEqual(
		expect.arrayContaining(['no-console', '@n8n/community-nodes/no-restricted-globals']),
	);
});
