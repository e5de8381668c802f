/** Finding a model, what to take instead of one, and which of a live list are for prompts. */
import { describe, expect, it } from 'vitest';
import {
	aimlapiCatalogue,
	definitionOf,
	findModel,
	isForPrompts,
	modelslabCatalogue,
	novitaCatalogue,
	ofEndpoint,
	replacementOf,
	ruleOf,
	similarTo,
	usableModels,
} from '../../../providers/catalogue';
import type { Catalogue, ModelEntry } from '../../../providers/catalogue/types';

const model = (id: string, more: Partial<ModelEntry> = {}): ModelEntry => ({
	...{ id, title: `The ${id}`, maker: 'Acme', status: 'usable', evidence: 'document' },
	...more,
});
const CATALOGUE: Catalogue = {
	asOf: '2026-01-01',
	firstChoices: [{ id: 'best/one', words: 'Best' }],
	models: [
		model('acme/one', { aliases: ['acme-one', 'one'], endpoint: 'e1' }),
		model('acme/two'),
		model('best/one', { maker: 'Best', endpoint: 'e1' }),
		model('best/old', { maker: 'Best', status: 'retired', replacement: 'best/one' }),
		model('best/older', { maker: 'Best', status: 'hidden', replacement: 'elsewhere/new' }),
	],
};

describe('a model', () => {
	it.each([
		['acme/one', 'acme/one'],
		[' acme/one ', 'acme/one'],
		['one', 'acme/one'],
		['acme-one', 'acme/one'],
		['acme/two', 'acme/two'],
		['best/old', 'best/old'],
		['acme', undefined],
		['', undefined],
		[undefined, undefined],
		[7, undefined],
		[['acme/one'], undefined],
	])('is found by %j: %s', (name, id) => {
		expect(findModel(CATALOGUE, name)?.id).toBe(id);
	});

	it('can be chosen where it is neither retired nor hidden', () => {
		expect(usableModels(CATALOGUE).map(({ id }) => id)).toStrictEqual([
			...['acme/one', 'acme/two', 'best/one'],
		]);
	});

	it('stands in the catalogue of its account', () => {
		expect(findModel(aimlapiCatalogue, 'bytedance/seedance-2-0')).toBeDefined();
		expect(findModel(modelslabCatalogue, 'veo-3.1')).toBeDefined();
		expect(findModel(novitaCatalogue, 'kling-v3.0-std-t2v')).toBeDefined();
	});
});

it('a field of a model is told in the words of all of its name', () => {
	expect(definitionOf('aspect_ratio:16:9=16:9')).toMatchObject({
		...{ name: 'aspect_ratio', default: '16:9' },
		...{ role: 'shape', title: 'Aspect Ratio', help: 'Shape of the picture.' },
	});
});

describe('instead of a model', () => {
	it.each([
		['best/old', 'The best/one (best/one)'],
		['best/older', 'elsewhere/new'],
		['acme/one', undefined],
		['unknown', undefined],
	])('%s there is %s', (name, words) => {
		expect(replacementOf(CATALOGUE, name)).toBe(words);
	});

	it.each([
		// Of the same maker, as the catalogue knows it.
		['acme/one', 'The acme/two (acme/two)'],
		['acme/two', 'The acme/one (acme/one)'],
		['best/old', 'The best/one (best/one)'],
		// Of the same maker, as the name tells it.
		['acme/new', 'The acme/one (acme/one)'],
		['Acme_new', 'The acme/one (acme/one)'],
		['acme-new', 'The acme/one (acme/one)'],
		['best', 'The best/one (best/one)'],
		// The provider's first choice.
		['new', 'The best/one (best/one)'],
		// Not itself.
		['best/one', 'The acme/one (acme/one)'],
	])('%s, people are told to try %s', (name, words) => {
		expect(similarTo(CATALOGUE, name)).toBe(words);
	});

	it('of an account without any, people are told in general', () => {
		expect(similarTo({ ...CATALOGUE, models: [] }, 'acme/one')).toBe('another model');
	});
});

describe('a part of the catalogue', () => {
	it('is what goes to one endpoint', () => {
		const part = ofEndpoint(CATALOGUE, 'e1');
		expect(part.models.map(({ id }) => id)).toStrictEqual(['acme/one', 'best/one']);
		expect(part.firstChoices).toHaveLength(1);
		expect(part.asOf).toBe(CATALOGUE.asOf);
		const rest = ofEndpoint(CATALOGUE, undefined);
		expect(rest.models.map(({ id }) => id)).toStrictEqual(['acme/two', 'best/old', 'best/older']);
		expect(rest.firstChoices).toStrictEqual([]);
	});

	it('that is not there is an error that names it', () => {
		expect(() => definitionOf('no such')).toThrow('The catalogue defines no field "no such"');
		expect(() => ruleOf('no such')).toThrow('The catalogue defines no rule "no such"');
	});
});

describe('a name in a live list', () => {
	it.each([
		...['acme/text-to-video', 'sorata', 'Kling 4 t2v', 'i2video', 'acme/v2', 'motion'],
		'lips and sync',
	])('%s is of a model for prompts', (name) => {
		expect(isForPrompts(name)).toBe(true);
	});

	it.each([
		...['openai/sora-2', 'SORA', 'image-to-video', 'Video-to-Video', 'kling-i2v', 'acme V2V'],
		...['upscaler', 'Upscale', 'lip-sync', 'lipsync', 'LipSync', 'motion-control'],
	])('%s is not', (name) => {
		expect(isForPrompts(name)).toBe(false);
		expect(isForPrompts('acme', name)).toBe(false);
		expect(isForPrompts(name, 'acme')).toBe(false);
	});

	it('need not be a text', () => {
		expect(isForPrompts(undefined, 7, null)).toBe(true);
		expect(isForPrompts()).toBe(true);
	});
});
