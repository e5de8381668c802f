/** Files in fields: wherever they stand, also in lists and in lists of objects, and nothing else is touched. */
import { describe, expect, it } from 'vitest';
import type { Field } from '../../providers/schema/fields';
import { mediaIssues } from '../../providers/schema/media';
import { dataUrlOf, mapMedia } from '../../providers/schema/mediaValues';

const field = (name: string, more: Partial<Field> = {}) =>
	({ name, type: 'string', required: false, ...more }) as Field;
const file = (name: string) => field(name, { media: 'image' as never });
const FIELDS = [
	field('prompt'),
	file('image'),
	field('pictures', { type: 'list', plain: true, items: [file('item')] }),
	field('words', { type: 'list', plain: true, items: [field('item')] }),
	field('shots', { type: 'list', items: [field('text'), file('frame')] }),
];

describe('what is changed', () => {
	it('are the files, and nothing beside them', () => {
		const values = {
			...{ prompt: 'p', image: 'i', pictures: ['a', 'b'], words: ['c'], other: 'o' },
			shots: [{ text: 't', frame: 'f' }, { text: 'u' }, 'x'],
		};
		expect(mapMedia(FIELDS, values, (value) => `<${String(value)}>`)).toEqual({
			...{ prompt: 'p', image: '<i>', pictures: ['<a>', '<b>'], words: ['c'], other: 'o' },
			shots: [{ text: 't', frame: '<f>' }, { text: 'u' }, 'x'],
		});
	});

	it('is nothing where nothing is set, or no list where one belongs', () => {
		const values = { prompt: 'p', pictures: 'not a list' };
		expect(mapMedia(FIELDS, values, () => 'changed')).toEqual(values);
		expect(mapMedia(FIELDS, {}, () => 'changed')).toEqual({});
	});

	it('is told with its own type and bytes', () => {
		const bytes = new Uint8Array([0, 1, 2, 255, 9]).subarray(1, 4);
		expect(dataUrlOf('image/png', bytes)).toBe('data:image/png;base64,AQL/');
	});
});

describe('a file by its type', () => {
	const issues = (kind: string, formats: string[], mimeType: string) =>
		mediaIssues(
			field('file', { media: { kind, formats, accepts: ['data-uri'] } as never }),
			`data:${mimeType};base64,AAAA`,
			'',
		);

	it.each([
		['audio', 'mp3', 'audio/mpeg', 'audio/mp3'],
		['audio', 'wav', 'audio/wav', 'audio/x-wav', 'audio/wave'],
		['video', 'mp4', 'video/mp4'],
		['video', 'mov', 'video/quicktime'],
		['image', 'jpg', 'image/jpeg', 'image/jpg'],
		['image', 'jpeg', 'image/jpeg', 'image/jpg'],
		['image', 'png', 'image/png'],
		['image', 'webp', 'image/webp'],
		['image', 'bmp', 'image/bmp', 'image/x-ms-bmp'],
		['image', 'tiff', 'image/tiff'],
		['image', 'gif', 'image/gif'],
	])('is taken where %s as %s is, by all names of the type', (kind, format, ...types) => {
		for (const type of types) expect(issues(kind, [format], type), type).toEqual([]);
		expect(issues(kind, [format], `${kind}/other`)).toMatchObject([
			{ field: 'file', allowed: expect.stringContaining(`of the kind ${format}`) as string },
		]);
	});
});
