import { boxesIn, viewOf } from '../../lib/mp4Boxes.ts';
import { NotAVideoError, rounded } from './facts.ts';
import type { VideoFacts } from './facts.ts';

interface Box {
	type: string;
	/** Without its header. */
	body: Buffer;
}

/** Facts of the first video track of a `moov` box (ISO/IEC 14496-12), given without its header. */
export function factsOfMoov(moov: Buffer): VideoFacts {
	for (const track of boxesOf(moov).filter(({ type }) => type === 'trak')) {
		const media = find(track.body, 'mdia');
		const handler = media && find(media, 'hdlr');
		if (media && handler?.toString('latin1', 8, 12) === 'vide') return factsOfMedia(media);
	}
	throw new NotAVideoError('The file has no picture track.');
}

function factsOfMedia(media: Buffer): VideoFacts {
	const tables = find(media, 'minf', 'stbl');
	const header = find(media, 'mdhd');
	const samples = tables && find(tables, 'stsd');
	const times = tables && find(tables, 'stts');
	if (!header || !samples || !times) throw new NotAVideoError('The file’s index is not whole.');
	const timescale = header.readUInt32BE(header[0] === 1 ? 20 : 12);
	let frames = 0;
	let ticks = 0;
	for (let i = 0; i < times.readUInt32BE(4); i++) {
		const count = times.readUInt32BE(8 + i * 8);
		frames += count;
		ticks += count * times.readUInt32BE(12 + i * 8);
	}
	// The sample description's first entry: size and type, then reserved fields, then the picture size.
	const width = samples.readUInt16BE(8 + 32);
	const height = samples.readUInt16BE(8 + 34);
	if (!frames || !ticks || !timescale || !width || !height) {
		throw new NotAVideoError('The file has no pictures in it.');
	}
	return {
		mimeType: 'video/mp4',
		width,
		height,
		frames,
		fps: rounded((frames * timescale) / ticks),
		durationSeconds: rounded(ticks / timescale),
	};
}

function find(parent: Buffer, ...path: string[]): Buffer | undefined {
	let body: Buffer | undefined = parent;
	for (const type of path) body = body && boxesOf(body).find((box) => box.type === type)?.body;
	return body;
}

/** Boxes with their bodies. */
const boxesOf = (parent: Buffer): Box[] =>
	[...boxesIn(viewOf(parent))].map(({ type, start, end }) => ({
		type,
		body: parent.subarray(start, end),
	}));
