import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { BOX_HEADER_BYTES, readBoxHeader, viewOf } from '../../lib/mp4Boxes.ts';
import { NotAVideoError } from './facts.ts';
import type { VideoFacts } from './facts.ts';
import { factsOfGif } from './gif.ts';
import { factsOfMoov } from './mp4.ts';

export { NotAVideoError } from './facts.ts';
export type { VideoFacts } from './facts.ts';

/** An index of a video that is hours long is smaller than this. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;
const MAX_GIF_BYTES = 512 * 1024 * 1024;

/** Looks into the file itself: nothing that a request or an engine said is trusted. */
export async function probe(path: string): Promise<VideoFacts> {
	const file = await open(path, 'r');
	try {
		const { size } = await file.stat();
		const head = await read(file, 0, Math.min(16, size));
		const signature = head.toString('latin1');
		if (/^GIF8[79]a/.test(signature) && size <= MAX_GIF_BYTES) {
			return factsOfGif(await readFile(path));
		}
		if (signature.slice(4, 8) === 'ftyp') return factsOfMoov(await readMoov(file, size));
		throw new NotAVideoError('The file is neither MP4 nor GIF.');
	} catch (error) {
		if (error instanceof RangeError) throw new NotAVideoError('The file ends too early.');
		throw error;
	} finally {
		await file.close();
	}
}

async function readMoov(file: FileHandle, fileBytes: number): Promise<Buffer> {
	for (let at = 0; at + 8 <= fileBytes;) {
		const head = await read(file, at, Math.min(BOX_HEADER_BYTES, fileBytes - at));
		const box = readBoxHeader(viewOf(head), fileBytes - at);
		if (!box) throw new NotAVideoError('The file ends too early.');
		if (box.type === 'moov') {
			const bytes = box.bytes - box.headerBytes;
			if (bytes > MAX_INDEX_BYTES) throw new NotAVideoError('The file’s index is too large.');
			return await read(file, at + box.headerBytes, bytes);
		}
		at += box.bytes;
	}
	throw new NotAVideoError('The file has no index; it was not finished.');
}

async function read(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
	const buffer = Buffer.alloc(bytes);
	const { bytesRead } = await file.read(buffer, 0, bytes, at);
	if (bytesRead < bytes) throw new NotAVideoError('The file ends too early.');
	return buffer;
}
