import { NotAVideoError, rounded } from './facts.ts';
import type { VideoFacts } from './facts.ts';

const HEADER_BYTES = 13;
const TICKS_A_SECOND = 100;

/** Facts of a whole GIF89a file: pictures counted, delays added up. */
export function factsOfGif(file: Buffer): VideoFacts {
	const width = file.readUInt16LE(6);
	const height = file.readUInt16LE(8);
	let frames = 0;
	let ticks = 0;
	let at = HEADER_BYTES + tableBytes(file[10]!);
	for (;;) {
		const block = byteAt(file, at);
		if (block === 0x3b) break;
		if (block === 0x21) {
			if (byteAt(file, at + 1) === 0xf9) ticks += file.readUInt16LE(at + 4);
			at = skipSubBlocks(file, at + 2);
		} else if (block === 0x2c) {
			frames += 1;
			at = skipSubBlocks(file, at + 10 + tableBytes(byteAt(file, at + 9)) + 1);
		} else {
			throw new NotAVideoError('The GIF file is damaged.');
		}
	}
	if (!frames || !width || !height) throw new NotAVideoError('The file has no pictures in it.');
	const durationSeconds = ticks / TICKS_A_SECOND;
	return {
		mimeType: 'image/gif',
		width,
		height,
		frames,
		fps: ticks > 0 ? rounded(frames / durationSeconds) : 0,
		durationSeconds: rounded(durationSeconds),
	};
}

/** The colour table that a packed field announces. */
const tableBytes = (packed: number): number => (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0);

function skipSubBlocks(file: Buffer, at: number): number {
	for (;;) {
		const length = byteAt(file, at);
		at += 1 + length;
		if (length === 0) return at;
	}
}

function byteAt(file: Buffer, at: number): number {
	const byte = file[at];
	if (byte === undefined) throw new NotAVideoError('The file ends too early.');
	return byte;
}
