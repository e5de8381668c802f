/**
 * What n8n's own scan of a community package does with the published tarball: its lint over every `.js` file and the
 * package.json, in the unpacked package, with comments that switch rules off ignored. Both of the tarball's legs, the
 * sources' and the compiled files', must be without a finding.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import { ESLint, type Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packTarball, unpackTarball } from '../support/tarball';

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
