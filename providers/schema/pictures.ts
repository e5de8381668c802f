/** Type and size of a picture, read from its first bytes. Pure; nothing is decoded. */

export interface PictureFacts {
	mimeType: string;
	/** Pixels; absent where the head of the file does not say. */
	width?: number;
	height?: number;
}

/** @returns undefined for anything that is no picture of a known kind */
export function pictureFacts(bytes: Uint8Array): PictureFacts | undefined {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const starts = (text: string, at = 0) =>
		[...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));
	if (starts('\x89PNG\r\n\x1a\n')) return sized('image/png', view, 24, pngSize);
	if (starts('GIF8')) return sized('image/gif', view, 10, gifSize);
	if (starts('BM')) return sized('image/bmp', view, 26, bmpSize);
	if (starts('RIFF') && starts('WEBP', 8)) return sized('image/webp', view, 30, webpSize);
	if (starts('\xff\xd8\xff')) return sized('image/jpeg', view, 4, jpegSize);
	if (starts('II*\0') || starts('MM\0*')) return { mimeType: 'image/tiff' };
	return undefined;
}

type Size = [width: number, height: number] | undefined;

function sized(
	mimeType: string,
	view: DataView,
	least: number,
	read: (view: DataView) => Size,
): PictureFacts {
	const size = view.byteLength >= least ? read(view) : undefined;
	return size ? { mimeType, width: size[0], height: size[1] } : { mimeType };
}

const pngSize = (view: DataView): Size => [view.getUint32(16), view.getUint32(20)];
const gifSize = (view: DataView): Size => [view.getUint16(6, true), view.getUint16(8, true)];
const bmpSize = (view: DataView): Size => [
	view.getInt32(18, true),
	// Negative where the rows run downwards.
	Math.abs(view.getInt32(22, true)),
];

/** Three kinds of WebP, told apart by the name of the first chunk. */
function webpSize(view: DataView): Size {
	switch (view.getUint32(12)) {
		case 0x56503820: // "VP8 "
			return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
		case 0x5650384c: {
			// "VP8L": 14 bits each, less one
			const bits = view.getUint32(21, true);
			return [(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1];
		}
		case 0x56503858: // "VP8X": 24 bits each, less one
			return [
				(view.getUint16(24, true) | (view.getUint8(26) << 16)) + 1,
				(view.getUint16(27, true) | (view.getUint8(29) << 16)) + 1,
			];
		default:
			return undefined;
	}
}

/** Segments follow each other until one that starts a frame. */
function jpegSize(view: DataView): Size {
	let at = 2;
	while (at + 9 <= view.byteLength) {
		if (view.getUint8(at) !== 0xff) return undefined;
		const marker = view.getUint8(at + 1);
		if (marker === 0xff) {
			at += 1;
			continue;
		}
		const startsFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
		if (startsFrame) return [view.getUint16(at + 7), view.getUint16(at + 5)];
		at += 2 + view.getUint16(at + 2);
	}
	return undefined;
}
