/**
 * The encoder counts whole frames a second and stamps the clock into the file. Here the file's times
 * are set right: any frame rate, and no wall clock, so that the same request gives the same bytes.
 * Boxes as in ISO/IEC 14496-12; only their fixed-size fields are overwritten.
 */
export function setTimes(file: Uint8Array, frames: number, fps: number): void {
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	const mediaScale = Math.max(1, Math.round(fps * FRAME_TICKS));
	const mediaTicks = frames * FRAME_TICKS;
	const movieTicks = Math.round((frames / fps) * MOVIE_SCALE);
	for (const box of boxes(view, 0, view.byteLength)) {
		if (view.getUint8(box.body) !== 0 && TIMED.has(box.type)) {
			throw new Error(`The encoder wrote a ${box.type} box of a version that is not known here`);
		}
		const at = box.body + 4;
		switch (box.type) {
			case 'mvhd':
			case 'mdhd':
				view.setUint32(at, 0);
				view.setUint32(at + 4, 0);
				view.setUint32(at + 8, box.type === 'mvhd' ? MOVIE_SCALE : mediaScale);
				view.setUint32(at + 12, box.type === 'mvhd' ? movieTicks : mediaTicks);
				break;
			case 'tkhd':
				view.setUint32(at, 0);
				view.setUint32(at + 4, 0);
				view.setUint32(at + 16, movieTicks);
				break;
			case 'elst':
				for (let i = 0; i < view.getUint32(at); i++) {
					view.setUint32(at + 4 + i * 12, movieTicks);
				}
				break;
			case 'stts':
				for (let i = 0; i < view.getUint32(at); i++) {
					view.setUint32(at + 4 + i * 8 + 4, FRAME_TICKS);
				}
				break;
		}
	}
}

const FRAME_TICKS = 1000;
const MOVIE_SCALE = 1000;
const CONTAINERS = new Set(['moov', 'trak', 'edts', 'mdia', 'minf', 'stbl']);
const TIMED = new Set(['mvhd', 'tkhd', 'mdhd', 'elst', 'stts']);

function* boxes(
	view: DataView,
	start: number,
	end: number,
): Generator<{ type: string; body: number }> {
	for (let at = start; at + 8 <= end;) {
		let size = view.getUint32(at);
		let header = 8;
		if (size === 1) {
			size = Number(view.getBigUint64(at + 8));
			header = 16;
		}
		if (size === 0) size = end - at;
		if (size < header || at + size > end) throw new Error('The encoder wrote a damaged file');
		const type = String.fromCharCode(...[4, 5, 6, 7].map((i) => view.getUint8(at + i)));
		yield { type, body: at + header };
		if (CONTAINERS.has(type)) yield* boxes(view, at + header, at + size);
		at += size;
	}
}
