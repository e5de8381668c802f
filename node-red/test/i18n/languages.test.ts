/** Every text that people read, in every language: the nodes' own and the providers'. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { providerWords } from '../../src/input/editorData';
import { catalogueOf, wordKey } from '../../src/i18n/catalogue';

const LANGUAGES = ['de', 'ja', 'zh-CN'];

describe('the texts of the nodes', () => {
	const folder = path.join(import.meta.dirname, '../../nodes/locales');
	const files = readdirSync(path.join(folder, 'en-US'));
	const read = (language: string, file: string) =>
		readFileSync(path.join(folder, language, file), 'utf8');
	const keys = (value: unknown, at = ''): string[] =>
		typeof value === 'object' && value !== null
			? Object.entries(value).flatMap(([key, inner]) => keys(inner, `${at}.${key}`))
			: [`${at} ${(String(value).match(/__\w+?__/g) ?? []).sort().join(' ')}`];

	it.each(LANGUAGES)('%s says everything that English says', (language) => {
		expect(readdirSync(path.join(folder, language))).toEqual(files);
		const shape = (html: string) => html.match(/<\/?(h3|dl|dt|dd|p|script)\b/g);
		for (const file of files) {
			const [english, other] = [read('en-US', file), read(language, file)];
			const said = file.endsWith('.json') ? (text: string) => keys(JSON.parse(text)) : shape;
			expect(said(other)).toEqual(said(english));
			expect(other).not.toBe(english);
		}
	});
});

describe("the providers' words", () => {
	const english = providerWords();
	const read = (language: string): Record<string, string> =>
		JSON.parse(readFileSync(path.join(import.meta.dirname, `../../i18n/${language}.json`), 'utf8'));

	it('are there in the same languages', () => {
		const files = readdirSync(path.join(import.meta.dirname, '../../i18n'));
		expect(files.sort()).toEqual(LANGUAGES.map((language) => `${language}.json`));
	});

	it.each(LANGUAGES)('are all in i18n/%s.json, and nothing that no provider says', (language) => {
		const words = read(language);
		const missing = english.filter((word) => !words[word]?.trim());
		const stale = Object.keys(words).filter((word) => !english.includes(word));
		expect({ missing, stale }).toEqual({ missing: [], stale: [] });
	});

	it.each(LANGUAGES)('are sentences in %s where they are in English', (language) => {
		const ends = (text: string) => /[.。]$/.test(text);
		const odd = Object.entries(read(language)).filter(([from, to]) => ends(from) !== ends(to));
		expect(odd).toEqual([]);
	});

	it.each(LANGUAGES)('keep their numbers in %s', (language) => {
		const numbers = (text: string) => (text.match(/\d+/g) ?? []).sort();
		for (const [from, to] of Object.entries(read(language))) {
			expect(numbers(to), from).toEqual(expect.arrayContaining(numbers(from)));
		}
	});

	it('have a key each in the catalogue, without what a catalogue takes for a path', () => {
		expect(new Set(english.map(wordKey)).size).toBe(english.length);
		expect(Object.keys(catalogueOf(read('de'))).filter((key) => /[.:]/.test(key))).toEqual([]);
	});
});
