/** ModelsLab's live list, whose form no document tells. */
import { describe, expect, it } from 'vitest';
import { search } from '../../../providers/modelslab/search';

const read = (body: unknown, status = 200) => search.read({ status, headers: {}, body });
const description = 'New: its fields go into Extra Parameters.';

it('is asked for with the key in the query, and for what was typed', () => {
	const asked = {
		method: 'GET',
		url: '/api/v6/model-search',
		keyInQuery: true,
		query: { feature: 'video_fusion', per_page: '100' },
	};
	expect(search.call(undefined, undefined)).toStrictEqual(asked);
	expect(search.call('', undefined)).toStrictEqual(asked);
	expect(search.call('kling', undefined)).toStrictEqual({
		...asked,
		query: { ...asked.query, search: 'kling' },
	});
});

describe('a model', () => {
	it.each([
		[{ model_id: 'kling-v4-t2v', model_name: 'Kling 4' }, 'kling-v4-t2v', 'Kling 4'],
		[{ model_id: 'a', model_name: '', name: 'A' }, 'a', 'A'],
		[{ model_id: '', id: 7, name: 'A' }, '7', 'A'],
		[{ model_id: 'a', id: 7, model_name: 'A', name: 'B' }, 'a', 'A'],
		[{ id: 'a' }, 'a', 'a'],
	])('%j is sent as %s and reads %s', (row, value, label) => {
		expect(read([row])).toStrictEqual({ models: [{ value, label, description }] });
	});

	it.each([
		['is known', { model_id: 'veo-3.1' }],
		['is known by another name', { model_id: 'veo-3' }],
		['makes videos of pictures', { model_id: 'kling-v4-i2v' }],
		['says so in its title', { model_id: 'kling-v4', model_name: 'Kling 4 image-to-video' }],
		['has no id', { model_name: 'Kling 4' }],
		['is none', null],
		['is a text', 'kling'],
	])('that %s is left out', (_what, row) => {
		expect(read([row])).toStrictEqual({ models: [] });
	});
});

it.each([
	[[{ id: 'a' }]],
	[{ data: [{ id: 'a' }] }],
	[{ models: [{ id: 'a' }] }],
	[{ data: { data: [{ id: 'a' }] } }],
])('is read as %j', (body) => {
	expect(read(body)).toHaveProperty('models.length', 1);
	expect(read(body, 299)).toHaveProperty('models.length', 1);
	expect(read(body, 300)).toHaveProperty('failure');
});

it.each([[{}], ['text'], [null], [{ data: 'none' }]])('is none in %j', (body) => {
	expect(read(body)).toHaveProperty('failure');
});
