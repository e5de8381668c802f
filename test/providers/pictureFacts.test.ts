/** Type and size of a picture from its first bytes; a wrong type makes a provider refuse what was uploaded. */
import { describe, expect, it } from 'vitest';
import { pictureFacts } from '../../providers/schema/pictures';

const text = (value: string) => [...value].map((letter) => letter.charCodeAt(0));
const le16 = (value: number) => [value & 255, value >> 8];
const be16 = (value: number) => [value >> 8, value & 255];
const le32 = (value: number) => [...le16(value & 0xffff), ...le16(value >>> 16)];
const be32 = (value: number) => [...be16(value >>> 16), ...be16(value & 0xffff)];
const zeros = (count: number) => Array<number>(count).fill(0);

const png = (width: number, height: number) => [
	...text('\x89PNG\r\n\x1a\n'),
	...be32(13),
	...text('IHDR'),
	...be32(width),
	...be32(height),
];
const riff = (chunk: string, head: number[]) => [
	...text('RIFF'),
	...zeros(4),
	...text(`WEBP${chunk}`),
	...zeros(4),
	...head,
	...zeros(30),
];
/** A JPEG whose frame comes after two other segments, with a filling byte between. */
const jpeg = (frame: number, width: number, height: number) => [
	...[0xff, 0xd8, 0xff, 0xe0, ...be16(4), 1, 2],
	...[0xff, 0xff, 0xc4, ...be16(3), 9],
	...[0xff, frame, ...be16(11), 8, ...be16(height), ...be16(width), ...zeros(8)],
];
const bmp = (width: number, height: number) => [
	...text('BM'),
	...zeros(16),
	...le32(width),
	...le32(height),
];

describe('a picture', () => {
	it.each([
		['PNG', png(640, 360), 'image/png', 640, 360],
		['GIF', [...text('GIF89a'), ...le16(320), ...le16(200)], 'image/gif', 320, 200],
		['BMP', bmp(800, 600), 'image/bmp', 800, 600],
		['BMP from the top down', bmp(800, -600), 'image/bmp', 800, 600],
		['JPEG', jpeg(0xc0, 1024, 768), 'image/jpeg', 1024, 768],
		['progressive JPEG', jpeg(0xc2, 33, 44), 'image/jpeg', 33, 44],
		['JPEG of the last kind of frame', jpeg(0xcf, 33, 44), 'image/jpeg', 33, 44],
		[
			'JPEG with a filling byte before its frame',
			[...[0xff, 0xd8, 0xff, 0xff, 0xc0], ...be16(11), 8, ...be16(9), ...be16(7)],
			...(['image/jpeg', 7, 9] as const),
		],
		[
			'WebP that ends with its size',
			riff('VP8 ', [...zeros(6), ...le16(500), ...le16(400)]).slice(0, 30),
			...(['image/webp', 500, 400] as const),
		],
		[
			'tall extended WebP',
			riff('VP8X', [...zeros(4), ...le16(99), 0, ...le16(70_000 & 0xffff), 1]),
			...(['image/webp', 100, 70_001] as const),
		],
		[
			'WebP',
			riff('VP8 ', [...zeros(6), ...le16(0x4000 | 500), ...le16(0x8000 | 400)]),
			...(['image/webp', 500, 400] as const),
		],
		[
			'lossless WebP',
			riff('VP8L', [0x2f, ...le32((299 & 0x3fff) | (149 << 14))]),
			...(['image/webp', 300, 150] as const),
		],
		[
			'extended WebP',
			riff('VP8X', [...zeros(4), ...le16(70_000 & 0xffff), 1, ...le16(99), 0]),
			...(['image/webp', 70_001, 100] as const),
		],
	] as Array<[string, number[], string, number, number]>)(
		'%s is known by its head, with its size',
		(_name, bytes, mimeType, width, height) => {
			expect(pictureFacts(Uint8Array.from(bytes))).toEqual({ mimeType, width, height });
		},
	);

	it.each([
		['PNG', png(1, 1).slice(0, 20), 'image/png'],
		['GIF', text('GIF87a'), 'image/gif'],
		['BMP', text('BM12'), 'image/bmp'],
		['WebP', riff('VP8 ', []).slice(0, 20), 'image/webp'],
		['WebP of an unknown kind', riff('ABCD', zeros(20)), 'image/webp'],
		['JPEG that ends before its frame', [0xff, 0xd8, 0xff], 'image/jpeg'],
		['JPEG that loses its thread', [0xff, 0xd8, 0xff, 0xe0, 0, 2, ...zeros(20)], 'image/jpeg'],
		[
			'JPEG that ends within its size',
			[...[0xff, 0xd8, 0xff, 0xc0], ...be16(11), 8, ...be16(9), 0],
			'image/jpeg',
		],
		[
			'JPEG that loses its thread before what looks like a frame',
			[...[0xff, 0xd8, 0xff, 0xe0, 0, 2], ...[0, 0xc0, ...be16(11), 8, ...be16(9), ...be16(7)]],
			'image/jpeg',
		],
		['TIFF', text('II*\0'), 'image/tiff'],
		['TIFF of the other order', text('MM\0*'), 'image/tiff'],
	] as Array<[string, number[], string]>)(
		'%s that is cut off has a type alone',
		(_name, bytes, mimeType) => {
			expect(pictureFacts(Uint8Array.from(bytes))).toEqual({ mimeType });
		},
	);

	it.each([
		['nothing', []],
		['a video', [...zeros(4), ...text('ftypisom')]],
		['text', text('<svg xmlns=""></svg>')],
		['sound in the same container as WebP', [...text('RIFF'), ...zeros(4), ...text('WAVE')]],
		['something with WEBP in the wrong place', [...zeros(8), ...text('WEBP')]],
		['half a JPEG mark', [0xff, 0xd8]],
	] as Array<[string, number[]]>)('is not %s', (_name, bytes) => {
		expect(pictureFacts(Uint8Array.from(bytes))).toBeUndefined();
	});

	it('has its size in a frame of any kind of JPEG, and in no other segment', () => {
		const markers = Array.from({ length: 0x30 }, (_unused, index) => 0xb0 + index);
		const frames = markers.filter((marker) => {
			const head = [0xff, 0xd8, 0xff, marker, ...be16(11), 8, ...be16(9), ...be16(7), ...zeros(9)];
			return pictureFacts(Uint8Array.from(head))?.width !== undefined;
		});
		expect(frames).toEqual([
			...[0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf],
		]);
	});

	it('is read from its own part of a larger buffer', () => {
		const whole = Uint8Array.from([...zeros(5), ...png(12, 34)]);
		expect(pictureFacts(whole.subarray(5))).toMatchObject({ width: 12, height: 34 });
	});
});
