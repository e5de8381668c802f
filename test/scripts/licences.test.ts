import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BESIDES, isPermissive, page, shippedPackages } from '../../scripts/licences';

const root = resolve(import.meta.dirname, '..', '..');

describe('licences of what is shipped', () => {
	it('are all permissive', () => {
		const packages = shippedPackages();
		expect(packages.length).toBeGreaterThan(10);
		expect(packages.filter(({ licence }) => !isPermissive(licence))).toEqual([]);
	});

	it('stand in docs/licences.md (if not: npm run licences)', () => {
		expect(readFileSync(join(root, 'docs', 'licences.md'), 'utf8')).toBe(page());
	});

	it('that a package holds without declaring them are told to the users of the local executor', () => {
		const readme = readFileSync(join(root, 'gpu-local', 'README.md'), 'utf8');
		for (const [name, words] of Object.entries(BESIDES)) {
			expect(readme).toContain(name);
			// The licence asks that whoever gets the program is told where its source is.
			for (const [address] of words.matchAll(/https:[^,)\s]+/g)) expect(readme).toContain(address);
		}
	});

	it.each([
		['MIT', true],
		['(MIT OR GPL-3.0-only)', true],
		['(MIT AND GPL-3.0-only)', false],
		['GPL-3.0-only', false],
		['LGPL-2.1', false],
		['UNLICENSED', false],
		['unknown', false],
	])('%s is permissive: %s', (licence, permissive) => {
		expect(isPermissive(licence)).toBe(permissive);
	});
});
