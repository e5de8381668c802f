/** The list of models that a person chooses from: in which order, by which words, and what is not in it. */
import { describe, expect, it } from 'vitest';
import type { ModelEntry } from '../../providers/catalogue/types';
import type { Provider } from '../../providers/contract';
import { modelChoices, modelListOf } from '../../providers/modelChoices';
import { providerById } from '../../providers/registry';

const model = (id: string, maker: string, more: Partial<ModelEntry> = {}) =>
	({ id, maker, title: `The ${id}`, status: 'usable', ...more }) as ModelEntry;

const provider = {
	models: {
		field: 'model',
		catalogue: {
			models: [
				model('b', 'Beta'),
				model('z', 'Zeta', { hint: 'Fast.' }),
				model('b-old', 'Beta', { status: 'retired' }),
				model('a', 'Alpha', { hint: 'Cheap.' }),
				model('a-2', 'Alpha', { sameAs: 'a' }),
				model('best', 'Mu', { hint: 'Not said where it is a first choice.' }),
			],
			firstChoices: [
				{ id: 'best', words: 'The best.' },
				{ id: 'gone', words: 'Not there.' },
			],
		},
	},
} as unknown as Provider;

describe('the models of a provider', () => {
	it('begin with the first choices, then the others by maker, each that can be had once', () => {
		expect(modelChoices(provider)).toEqual([
			{ value: 'best', label: 'Mu › The best', description: 'The best.' },
			{ value: 'a', label: 'Alpha › The a', description: 'Cheap.' },
			{ value: 'b', label: 'Beta › The b' },
			{ value: 'z', label: 'Zeta › The z', description: 'Fast.' },
		]);
		expect(modelChoices(provider)[2]).not.toHaveProperty('description');
	});

	it('are none where the provider has no list', () => {
		expect(modelChoices({} as Provider)).toEqual([]);
	});

	it('are listed by the search of the field that names the model', () => {
		expect(modelListOf(providerById('aimlapi'))).toBe('model');
		expect(modelListOf(providerById('novitaAnyModel'))).toBe('model');
		expect(modelListOf(providerById('novita'))).toBeUndefined();
	});
});
