/** The models of a provider in the documents: what is offered, what is gone, and what each field does. */
import { describe, expect, it } from 'vitest';
import type { Catalogue, ModelEntry } from '../../providers/catalogue/types';
import type { Provider } from '../../providers/contract';
import type { Field } from '../../providers/schema/fields';
import { modelFieldTable, modelTable, retiredTable } from '../../providers/schema/modelTables';
import { requestOf } from '../../providers/schema/requestOf';

const field = (name: string, more: Partial<Field> = {}): Field => ({
	...{ name, title: name, help: '', type: 'text', required: false },
	...more,
});
const model = (id: string, more: Partial<ModelEntry> = {}) =>
	({
		...{ id, title: `T-${id}`, maker: 'Luma', status: 'usable', evidence: 'document' },
		...{ fields: ['prompt'], required: ['prompt'] },
		...more,
	}) as ModelEntry;
const providerOf = (
	models: ModelEntry[],
	more: Partial<Catalogue> = {},
	fields = [field('prompt')],
) =>
	({
		request: requestOf([field('model'), ...fields]),
		models: { field: 'model', catalogue: { models, firstChoices: [], ...more } },
	}) as unknown as Provider;
const rowsOf = (table: string | undefined) => table?.split('\n').slice(2);
const rowOf = (one: ModelEntry, fields?: Field[]) =>
	rowsOf(modelTable(providerOf([one], {}, fields)))![0];

describe('a model that is offered', () => {
	it.each([
		[
			'with the prompt of all',
			{},
			'| Luma › T-m | `m` | those of the table above |  | the document |  |',
		],
		[
			'under other names',
			{ aliases: ['m-1', 'm-2'] },
			'| Luma › T-m | `m` `m-1` `m-2` | those of the table above |  | the document |  |',
		],
		[
			'with a known time',
			{ run: { seconds: 60 }, evidence: 'client code' },
			'| Luma › T-m | `m` | those of the table above | 60 s | from client code, not from a document |  |',
		],
		[
			'with a range of times',
			{ run: { seconds: 60, upTo: 90 }, evidence: 'provider page excerpt' },
			"| Luma › T-m | `m` | those of the table above | 60 to 90 s | a part of the provider's page |  |",
		],
		[
			'with doubts',
			{ doubts: ['One.', 'Two.'] },
			'| Luma › T-m | `m` | those of the table above |  | the document | One. Two. |',
		],
	] as Array<[string, Partial<ModelEntry>, string]>)('%s', (_what, more, row) => {
		expect(rowOf(model('m', more))).toBe(row);
	});

	it.each([
		['prompt:<=1500', {}, '`prompt`\\* 1 to 1500 characters'],
		['negative_prompt', {}, '`negative_prompt`'],
		['duration:4|6|8=8 as text', {}, '`duration` 4, 6, 8 as text (8)'],
		['duration:5-12 as text', {}, '`duration` 5 to 12 as text'],
		['image_url:url+base64 (minimax)', {}, '`image_url` url, base64'],
		['audio_urls:audios<=3 (h3)', {}, '`audio_urls` at most 3 items'],
		[
			'multi_prompt:objects<=6 (timed)',
			{},
			'`multi_prompt` 1 to 6 items: `prompt`\\* 1 to 3072 characters, `duration` 1 to 15 (5)',
		],
	] as Array<[string, object, string]>)('names its field %s', (key, more, text) => {
		expect(rowOf(model('m', { fields: [key], ...more }))?.split(' | ')[2]).toBe(text);
	});

	it('names its fields one after the other, and no others', () => {
		const fields = ['prompt', 'negative_prompt', 'image_url:url'];
		const row = rowOf(model('m', { fields, required: ['prompt', 'image_url'] }));
		expect(row?.split(' | ')[2]).toBe('`negative_prompt` · `image_url`\\* url');
	});

	it('names its prompt where it may be left out, or where the provider has none', () => {
		expect(rowOf(model('m', { required: [] }))?.split(' | ')[2]).toBe('`prompt`');
		expect(rowOf(model('m'), [])?.split(' | ')[2]).toBe('`prompt`\\*');
		expect(rowOf(model('m'), [field('note')])?.split(' | ')[2]).toBe('`prompt`\\*');
	});

	it('stands under a head', () => {
		expect(modelTable(providerOf([model('m', { status: 'retired' })]))).toBe(
			'| Model | In the API | Fields | Takes | Known from | Notes |\n| --- | --- | --- | --- | --- | --- |',
		);
	});
});

describe('a model that is gone', () => {
	it('is told with its successor, by its title where that is known', () => {
		const gone = (id: string, more: object) =>
			model(id, { status: 'retired', ...more } as Partial<ModelEntry>);
		const provider = providerOf(
			[
				model('new'),
				gone('a', { retiredOn: '2026-01-02', endedOn: '2026-02-02', replacement: 'new' }),
				gone('b', { endedOn: '2026-03-02', replacement: 'elsewhere' }),
				gone('c', {}),
			],
			{ retiredNames: [{ title: 'Old', retiredOn: '2025-01-01', replacement: 'new' }] } as never,
		);
		expect(retiredTable(provider)).toBe(
			[
				'| Retired | In the API | On | Instead |',
				'| --- | --- | --- | --- |',
				'| T-a | `a` | 2026-01-02 | T-new |',
				'| T-b | `b` | 2026-03-02 | elsewhere |',
				'| T-c | `c` |  |  |',
				'| Old |  | 2025-01-01 | T-new |',
			].join('\n'),
		);
	});

	it('is no table where all are there', () => {
		expect(retiredTable(providerOf([model('m')]))).toBeUndefined();
		expect(rowsOf(retiredTable(providerOf([model('m', { status: 'retired' })])))).toHaveLength(1);
	});
});

it('the fields of all models are told once each, by name, with the members of lists of objects', () => {
	const models = [
		model('x', { fields: ['negative_prompt', 'audio_urls:audios<=3 (h3)'] }),
		model('y', { fields: ['image_url:url', 'negative_prompt', 'elements:objects<=4'] }),
	];
	const table = modelFieldTable(providerOf(models));
	expect(table.split('\n')[0]).toBe('| Field | Title | What it does |');
	expect(rowsOf(table)?.map((row) => row.split('`')[1])).toEqual([
		...['audio_urls', 'elements', 'frontal_image_url', 'image_url', 'negative_prompt'],
		'reference_image_urls',
	]);
	expect(table).toContain(
		'| `negative_prompt` | Negative Prompt | What the video should not show. |',
	);
});
