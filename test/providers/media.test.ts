/** Files in requests: what is refused before it is sent and paid for, at both edges of every limit, and in which words. */
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../providers/contract';
import type { Field } from '../../providers/schema/fields';
import { dataUrl, isAddressOrFile, mediaIssues } from '../../providers/schema/media';

type Media = NonNullable<Field['media']>;
const HOST_FILE = 'the name of a binary';
const mediaField = (media: Partial<Media>, more: Partial<Field> = {}): Field => ({
	...{ name: 'image', title: 'First Frame', help: '', type: 'text', required: false },
	media: { kind: 'image', accepts: ['url', 'data-uri'], ...media },
	...more,
});
const problems = (media: Partial<Media>, value: JsonValue | undefined) =>
	mediaIssues(mediaField(media), value, HOST_FILE).map(({ allowed }) => allowed);

const be32 = (value: number) => [
	value >>> 24,
	(value >>> 16) & 255,
	(value >>> 8) & 255,
	value & 255,
];
const asUrl = (bytes: number[], mimeType = 'image/png') =>
	`data:${mimeType};base64,${Buffer.from(bytes).toString('base64')}`;
const png = (width: number, height: number) =>
	asUrl([
		0x89,
		0x50,
		0x4e,
		0x47,
		13,
		10,
		26,
		10,
		...be32(13),
		73,
		72,
		68,
		82,
		...be32(width),
		...be32(height),
	]);
/** A JPEG whose frame of 64 x 64 begins at this place, behind a preview. */
function jpegWithFrameAt(at: number): string {
	const bytes = [0xff, 0xd8];
	while (bytes.length < at) {
		const size = Math.min(60_000, at - bytes.length - 2);
		bytes.push(0xff, 0xe1, size >> 8, size & 255, ...Array<number>(size - 2).fill(0));
	}
	return asUrl(
		[...bytes, 0xff, 0xc0, 0, 11, 8, 0, 64, 0, 64, ...Array<number>(20).fill(0)],
		'image/jpeg',
	);
}
/** Of so many bytes, of no kind that is known. */
const zeros = (count: number, mimeType = 'image/png') =>
	`data:${mimeType};base64,${Buffer.alloc(count).toString('base64')}`;

describe('a data URL', () => {
	it.each([
		['data:image/png;base64,AAAA', 'image/png', 'AAAA'],
		['DATA:Image/PNG;BASE64,aaAA', 'image/png', 'aaAA'],
		['data:image/svg+xml;charset=utf-8;name=a.svg;base64,AAAA', 'image/svg+xml', 'AAAA'],
		['data:image/png;base64,', 'image/png', ''],
	])('%s is taken apart', (text, mimeType, base64) => {
		expect(dataUrl(text)).toEqual({ mimeType, base64 });
	});

	it.each([
		...['', 'AAAA', 'data:image/png,AAAA', 'data:;base64,AAAA', 'data:png;base64,AAAA'],
		...['see data:image/png;base64,AAAA', 'data:image/png;base64'],
	])('is not "%s"', (text) => {
		expect(dataUrl(text)).toBeUndefined();
	});
});

it.each([
	...[
		'https://a.acme.io/x',
		'HTTP://a',
		' gs://bucket/x',
		'GS://bucket/x',
		'data:image/png,',
		'Data:x',
	],
])('"%s" is an address or a file, and no name of a binary', (text) => {
	expect(isAddressOrFile(text)).toBe(true);
});

it.each(['', 'data', 'image1', 'from https://a.acme.io', 'my data:1', 'ftp://a', 'https:/a'])(
	'"%s" may be the name of a binary',
	(text) => {
		expect(isAddressOrFile(text)).toBe(false);
	},
);

describe('where a file may lie', () => {
	const URL_HERE = 'the provider takes the picture itself here and not its address';
	const FILE_ONLY = `give the picture as a data URL or ${HOST_FILE}`;
	const URL_ONLY = 'give the picture as a web address that starts with https://';
	const EITHER = `${URL_ONLY} or a data URL or ${HOST_FILE}`;
	it.each([
		[['url'], 'https://a.acme.io/x.png', []],
		[['url'], 'HTTP://a.acme.io/x.png', []],
		[['data-uri'], 'https://a.acme.io/x.png', [URL_HERE]],
		[['base64'], 'HTTPS://a.acme.io/x.png', [URL_HERE]],
		[['url'], 'x https://a.acme.io/x.png', [URL_ONLY]],
		[['url'], 'image1', [URL_ONLY]],
		[['data-uri'], 'image1', [FILE_ONLY]],
		[['base64'], 'image1', [FILE_ONLY]],
		[['url', 'data-uri'], 'my data:1', [EITHER]],
		[['url', 'data-uri'], 'gs://bucket/x.png', [EITHER]],
		[['url', 'gs-uri'], 'gs://bucket/x.png', []],
		[['url', 'gs-uri'], 'GS://bucket/x.png', []],
		[['url', 'gs-uri'], 'x gs://bucket/x.png', [URL_ONLY]],
		[['url', 'gs-uri'], 'asset-1', [URL_ONLY]],
		[['url', 'asset id'], 'asset:1-a_B', []],
		[['url', 'asset id'], 'asset 1', [URL_ONLY]],
		[['url', 'asset id'], 'asset-1/', [URL_ONLY]],
		[['url', 'asset id'], '/asset-1', [URL_ONLY]],
		[['url'], 'asset-1', [URL_ONLY]],
		[['data-uri'], zeros(9), []],
		[['base64'], zeros(9).replace('data:', 'DATA:'), []],
		[
			['url'],
			zeros(9),
			[
				'this model takes the public web address of a picture only. Put the file where it has one, for example into cloud storage',
			],
		],
		[['url', 'data-uri'], undefined, []],
		[['url', 'data-uri'], 7, []],
	] as Array<[Media['accepts'], JsonValue | undefined, string[]]>)(
		'of %j, %j is told %j',
		(accepts, value, expected) => {
			expect(problems({ accepts }, value)).toEqual(expected);
		},
	);

	it.each([
		['video', 'give the video as'],
		['audio', 'give the sound file as'],
	] as const)('is told of a %s, too', (kind, words) => {
		expect(problems({ kind }, 'x')[0]).toContain(words);
	});

	it('is nobody’s question in a field that takes no files', () => {
		const { media: _media, ...text } = mediaField({});
		expect(mediaIssues(text, 'x', HOST_FILE)).toEqual([]);
	});
});

describe('a file itself', () => {
	const shown = (media: Partial<Media>, value: string) =>
		mediaIssues(mediaField(media), value, HOST_FILE).map((issue) => [issue.value, issue.allowed]);

	it('that is no data URL is shown by its beginning', () => {
		const text = `data:image/png,${'A'.repeat(40)}`;
		expect(shown({}, text)).toEqual([
			[`${text.slice(0, 30)}…`, 'a data URL looks like data:image/png;base64, and then the file'],
		]);
	});

	it.each([
		[1, '1 kB'],
		[1499, '1 kB'],
		[1500, '2 kB'],
		[500_500, '501 kB'],
		[999_999, '1000 kB'],
		[1_000_000, '1.0 MB'],
		[1_250_000, '1.3 MB'],
	])('of %d bytes is shown as one of %s', (count, size) => {
		expect(shown({}, zeros(count, 'video/mp4'))).toEqual([
			[`video/mp4, ${size}`, 'give a picture'],
		]);
	});

	it('is taken up to the size of the model and not a byte above it', () => {
		expect(problems({ maxMegabytes: 1 }, zeros(1_000_000))).toEqual([]);
		expect(problems({ maxMegabytes: 1 }, zeros(1_000_001))).toEqual(['at most 1 MB are taken']);
		expect(problems({}, zeros(3_000_000))).toEqual([]);
	});

	it('has the kind that its bytes show, whatever it is called', () => {
		const formats = ['png', 'webp'];
		const gif = asUrl(
			[...'GIF89a'].map((letter) => letter.charCodeAt(0)),
			'image/png',
		);
		expect(shown({ formats }, gif)).toEqual([
			['image/gif, 1 kB', 'give a picture of the kind png, webp'],
		]);
		expect(shown({ formats }, png(8, 8))).toEqual([]);
		expect(shown({ formats: [] }, gif)).toEqual([]);
		expect(shown({ kind: 'video' }, png(8, 8))).toEqual([['image/png, 1 kB', 'give a video']]);
		expect(shown({ kind: 'audio', formats: ['xyz'] }, zeros(9, 'audio/mpeg'))).toHaveLength(1);
	});
});

describe('the pixels of a picture', () => {
	const issue = (media: Partial<Media>, width: number, height: number) =>
		mediaIssues(mediaField(media), png(width, height), HOST_FILE);

	it('are shown where they are refused', () => {
		expect(issue({ minShortSide: 300 }, 640, 299)).toEqual([
			{
				field: 'image',
				value: 'image/png, 1 kB, 640 x 299 pixels',
				allowed: 'the shorter side must have 300 pixels or more',
			},
		]);
	});

	it.each([
		[{ minShortSide: 300 }, [300, 640], [299, 640]],
		[{ minShortSide: 300 }, [640, 300], [640, 299]],
		[{ minRatio: '1:2', maxRatio: '2:1' }, [50, 100], [49, 100]],
		[{ minRatio: '1:2', maxRatio: '2:1' }, [200, 100], [201, 100]],
		[{ minRatio: '1:2' }, [900, 100], [49, 100]],
		[{ maxRatio: '2:1' }, [9, 100], [201, 100]],
		[{ minPixels: '20x10', maxPixels: '40x30' }, [10, 20], [199, 1]],
		[{ minPixels: '20x10', maxPixels: '40x30' }, [30, 40], [1201, 1]],
		[{ minPixels: '20x10' }, [900, 900], [199, 1]],
		[{ maxPixels: '40x30' }, [1, 1], [1201, 1]],
	] as Array<[Partial<Media>, [number, number], [number, number]]>)(
		'by %j may be %j and not %j',
		(media, allowed, refused) => {
			expect(issue(media, ...allowed)).toEqual([]);
			expect(issue(media, ...refused)).toHaveLength(1);
		},
	);

	it('are told in the limits’ own words', () => {
		expect(issue({ minRatio: '1:2', maxRatio: '2:1' }, 1, 9)[0]?.allowed).toBe(
			'width to height may be from 1:2 to 2:1',
		);
		expect(issue({ minPixels: '20x10', maxPixels: '40x30' }, 1, 9)[0]?.allowed).toBe(
			'the size may be from 20x10 to 40x30 pixels',
		);
	});

	it('are looked for in the first 256 kB, where a preview may come before them', () => {
		const limits = { minShortSide: 300 };
		expect(problems(limits, jpegWithFrameAt(262_100))).toHaveLength(1);
		expect(problems(limits, jpegWithFrameAt(262_200))).toEqual([]);
	});
});

describe('a list', () => {
	const inner = mediaField({ accepts: ['url'] }, { name: 'frame', title: 'Frame' });
	const list = (more: Partial<Field>): Field => ({
		...{ name: 'shots', title: 'Shots', help: '', type: 'list', required: false },
		...more,
	});

	it('of files is told which of them is wrong', () => {
		const pictures = list({ plain: true, items: [inner], itemTitle: 'Picture' });
		const value = ['https://a.acme.io/x', 'x', 'https://a.acme.io/y', 'y'];
		expect(mediaIssues(pictures, value, HOST_FILE)).toEqual(
			['x', 'y'].map((text, index) => ({
				...{ field: 'shots', value: text },
				allowed: `Picture ${2 * index + 2}: give the picture as a web address that starts with https://`,
			})),
		);
		expect(mediaIssues(list({ plain: true, items: [inner] }), ['x'], HOST_FILE)).toMatchObject([
			{ allowed: expect.stringMatching(/^item 1: give/) as string },
		]);
	});

	it('of objects is told which member of which', () => {
		const text = { ...inner, name: 'text', title: 'Text' };
		delete text.media;
		const shots = list({ items: [text, inner], itemTitle: 'Shot' });
		const value: JsonValue[] = [
			{ text: 'a', frame: 'https://a.acme.io/x' },
			{ text: 'b', frame: 'x' },
			{ text: 'c' },
		];
		expect(mediaIssues(shots, value, HOST_FILE)).toEqual([
			{
				...{ field: 'shots', value: 'x' },
				allowed: 'Frame of Shot 2: give the picture as a web address that starts with https://',
			},
		]);
		expect(mediaIssues(list({}), value, HOST_FILE)).toEqual([]);
	});
});
