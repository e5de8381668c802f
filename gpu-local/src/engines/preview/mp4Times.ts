import { boxesIn, viewOf } from '../../lib/mp4Boxes.ts';
import type { Box } from '../../lib/mp4Boxes.ts';

/**
 * The encoder counts whole frames a second and stamps the clock into the file. Here the file's times
 * are set right: any frame rate, and no wall clock, so that the same request gives the same bytes.
 * Boxes as in ISO/IEC 14496-12; only their fixed-size fields are overwritten.
 */
export function setTimes(file: Uint8Array, frames: number, fps: number): void {
	const view = viewOf(file);
	const mediaScale = Math.max(1, Math.round(fps * FRAME_TICKS));
	const mediaTicks = frames * FRAME_TICKS;
	const movieTicks = Math.round((frames / fps) * MOVIE_SCALE);
	for (const box of everyBox(view, 0, view.byteLength)) {
		if (view.getUint8(box.start) !== 0 && TIMED.has(box.type)) {
			throw new Error(`The encoder wrote a ${box.type} box of a version that is not known here`);
		}
		const at = box.start + 4;
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

function* everyBox(view: DataView, start: number, end: number): Generator<Box> {
	for (const box of boxesIn(view, start, end)) {
		yield box;
		if (CONTAINERS.has(box.type)) yield* everyBox(view, box.start, box.end);
	}
}
