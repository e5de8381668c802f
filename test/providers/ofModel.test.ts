/** A provider as it stands for one of its models: its fields, its limits, its rules and its warnings. */
import { describe, expect, it } from 'vitest';
import type { Catalogue, ModelEntry } from '../../providers/catalogue/types';
import type { Provider } from '../../providers/contract';
import { fieldsOf, type Field } from '../../providers/schema/fields';
import { fieldsOfModel, isFieldOfSomeModel, ofModel } from '../../providers/schema/ofModel';
import { requestOf } from '../../providers/schema/requestOf';
import { videoCountOf } from '../../providers/schema/videoCount';

const field = (name: string, more: Partial<Field> = {}): Field => ({
	...{ name, title: name, help: '', type: 'text', required: true },
	...more,
});
const model = (id: string, more: Partial<ModelEntry> = {}) =>
	({ id, title: `Title of ${id}`, status: 'usable', fields: ['prompt'], ...more }) as ModelEntry;
const usual = model('usual', { run: { seconds: 60 } } as Partial<ModelEntry>);
const slow = model('slow', {
	...({ run: { seconds: 90, upTo: 400 }, aliases: ['slower'] } as Partial<ModelEntry>),
	...{ status: 'retired', rules: ['exr-needs-hdr'] },
} as Partial<ModelEntry>);
const plain = model('plain');
const provider = {
	id: 'p',
	title: 'P',
	request: requestOf([field('model', { default: 'usual' }), field('prompt'), field('note')]),
	limits: { parallelJobs: 3, typicalSeconds: 30 },
	models: {
		field: 'model',
		catalogue: { models: [usual, slow, plain], firstChoices: [] } as unknown as Catalogue,
	},
	rules: () => [{ field: 'note', value: 1, allowed: 'of the provider' }],
	warnings: () => ['Of the provider.'],
} as unknown as Provider;

describe('a provider', () => {
	it.each([
		[{ model: 'slow' }, slow],
		[{ model: ' slower ' }, slow],
		[{}, usual],
		[{ model: '' }, usual],
		[{ model: '\u200B' }, usual],
		[{ model: 'plain' }, plain],
	])('for %j stands for its model', (values, expected) => {
		const one = ofModel(provider, values);
		expect(one.model).toBe(expected);
		expect(one).not.toHaveProperty('models');
		expect(ofModel(provider, values)).toBe(one);
	});

	it('is itself where the model is unknown, or where it has no models', () => {
		expect(ofModel(provider, { model: 'nobody' })).toBe(provider);
		const { models: _models, ...others } = provider;
		expect(ofModel(others, { model: 'slow' })).toBe(others);
		expect(fieldsOfModel(others, slow)).toBe(fieldsOf(others.request));
	});

	it('is another for each account that has the same model', () => {
		const other = { ...provider, id: 'q' };
		expect(ofModel(other, { model: 'slow' }).id).toBe('q');
		expect(ofModel(provider, { model: 'slow' }).id).toBe('p');
	});

	it.each([
		['usual', { typicalSeconds: 60, longestSeconds: 60 }],
		['slow', { typicalSeconds: 90, longestSeconds: 400 }],
		['plain', { typicalSeconds: 30 }],
	])('that makes %s takes as long as that does', (name, limits) => {
		expect(ofModel(provider, { model: name }).limits).toStrictEqual({ parallelJobs: 3, ...limits });
	});

	it('has its own rules and warnings first, then those of the model', () => {
		const one = ofModel(provider, { model: 'slow' });
		expect(one.rules!({ exr_export: true }).map(({ field: name }) => name)).toEqual([
			'note',
			'hdr',
		]);
		expect(one.warnings!({})).toEqual(['Of the provider.', 'Title of slow is retired.']);
		const { rules: _rules, warnings: _warnings, ...bare } = provider;
		const other = ofModel(bare, { model: 'slow' });
		expect(other.rules!({ exr_export: true })).toHaveLength(1);
		expect(other.warnings!({})).toEqual(['Title of slow is retired.']);
	});

	it('knows which fields belong to some model', () => {
		expect(isFieldOfSomeModel(provider, 'prompt')).toBe(true);
		expect(isFieldOfSomeModel(provider, 'note')).toBe(false);
		const { models: _models, ...others } = provider;
		expect(isFieldOfSomeModel(others, 'prompt')).toBe(false);
	});
});

it.each([
	[{ default: 2 }, {}, 2],
	[{ default: 2 }, { n: 3 }, 3],
	[{}, {}, 1],
	[{}, { n: '4' }, 4],
] as Array<[Partial<Field>, Record<string, number | string>, number]>)(
	'a count of %j makes by %j %d videos',
	(more, values, count) => {
		const request = requestOf([field('n', { type: 'integer', role: 'count', ...more })]);
		expect(videoCountOf({ request } as unknown as Provider, values)).toBe(count);
	},
);
