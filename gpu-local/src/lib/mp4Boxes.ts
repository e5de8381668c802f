/**
 * The boxes that an MP4 file is made of (ISO/IEC 14496-12). Ours: a library of this kind weighs megabytes,
 * and none overwrites a field of a finished file in place, which the preview engine needs.
 */

/** What a box's header takes at most. */
export const BOX_HEADER_BYTES = 16;

export interface BoxHeader {
	/** Four characters, for example `moov`. */
	type: string;
	/** Bytes of the header itself. */
	headerBytes: number;
	/** Bytes of the whole box, header included. */
	bytes: number;
}

export interface Box {
	type: string;
	/** Where its body begins, from the start of the bytes that were walked. */
	start: number;
	/** Where it ends. */
	end: number;
}

/**
 * @param header the first bytes of a box: {@link BOX_HEADER_BYTES}, or all that there are
 * @param availableBytes from the start of the box to the end of what it lies in
 * @returns undefined where the box does not fit in there
 */
export function readBoxHeader(header: DataView, availableBytes: number): BoxHeader | undefined {
	if (header.byteLength < 8) return undefined;
	let bytes = header.getUint32(0);
	let headerBytes = 8;
	if (bytes === 1) {
		if (header.byteLength < BOX_HEADER_BYTES) return undefined;
		bytes = Number(header.getBigUint64(8));
		headerBytes = BOX_HEADER_BYTES;
	} else if (bytes === 0) {
		bytes = availableBytes;
	}
	if (bytes < headerBytes || bytes > availableBytes) return undefined;
	const type = String.fromCharCode(...[4, 5, 6, 7].map((at) => header.getUint8(at)));
	return { type, headerBytes, bytes };
}

/**
 * The boxes side by side in these bytes; up to seven bytes behind the last one are padding.
 *
 * @throws RangeError where a box is cut off
 */
export function* boxesIn(view: DataView, start = 0, end = view.byteLength): Generator<Box> {
	for (let at = start; at + 8 <= end;) {
		const headerBytes = Math.min(BOX_HEADER_BYTES, end - at);
		const header = readBoxHeader(
			new DataView(view.buffer, view.byteOffset + at, headerBytes),
			end - at,
		);
		if (!header) throw new RangeError('A box is cut off');
		yield { type: header.type, start: at + header.headerBytes, end: at + header.bytes };
		at += header.bytes;
	}
}

export const viewOf = (bytes: Uint8Array): DataView =>
	new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
