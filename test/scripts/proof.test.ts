/** docs/proof.md holds what the runs gave, and nothing typed by hand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DOCUMENT, proofDocument, readResults, type Result } from '../../scripts/proof/document';
import { PARTS } from '../../scripts/proof/parts';

const results = readResults();

describe('docs/proof.md', () => {
	it('is what the kept results say: `npm run proof -- none` writes it again', async () => {
		expect(readFileSync(DOCUMENT, 'utf8')).toBe(await proofDocument(results));
	});

	it('has a result of the books, and none of a part that is not there', () => {
		const ids = results.map(({ id }) => id);
		expect(ids).toEqual(expect.arrayContaining(['chaos']));
		expect(PARTS.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
	});

	it('says of each part when it was run, on which sources and with what', () => {
		for (const { id, command, date, commit, seconds, versions, rows } of results) {
			expect(new Date(date).toISOString(), id).toBe(date);
			expect(commit, id).toMatch(/^[0-9a-f]{40}$/);
			expect(command, id).toContain('npm ');
			expect(seconds, id).toBeGreaterThan(0);
			expect(Object.keys(versions), id).toEqual(
				expect.arrayContaining(['this package', 'Node.js', 'n8n', 'Node-RED']),
			);
			expect(rows.length, id).toBeGreaterThan(0);
			expect(new Set(rows.map(({ figure }) => figure)).size, id).toBe(rows.length);
		}
	});

	it('has books without a job paid twice, a lost one, an untrue word or a key in the wrong place', () => {
		const rows = results.find(({ id }) => id === 'chaos')?.rows ?? [];
		for (const host of ['n8n', 'node-red'])
			for (const wrong of ['paid twice', 'lost', 'untruthful', 'stray keys'])
				expect(rows).toContainEqual({ figure: `${host}: ${wrong}`, value: 0 });
	});
});

describe('the page that is written', () => {
	const result: Result = {
		id: 'chaos',
		command: 'npm run test:chaos',
		date: '2026-11-20T10:00:00.000Z',
		commit: '0123456789abcdef0123456789abcdef01234567',
		changed: true,
		seconds: 5,
		exitCode: 1,
		versions: { 'Node.js': '24.9.0' },
		rows: [{ figure: 'n8n: jobs', value: 901 }],
	};

	it('says that a part failed, that sources differed from the commit, and what was not run', async () => {
		const page = await proofDocument([result]);
		expect(page).toContain('2026-11-20, commit 0123456789 with changes that were not committed');
		expect(page).toContain('**it failed, exit code 1**');
		expect(page).toMatch(/\| n8n: jobs +\| 901 +\|/);
		expect(page).toContain('Not run yet: `npm run proof -- fuzz`');
	});
});
