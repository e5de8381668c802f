import { createRequire } from 'node:module';
import h264 from 'h264-mp4-encoder';
import { createPainter } from './frames.ts';
import type { PreviewSpec } from './frames.ts';
import { setTimes } from './mp4Times.ts';

/** The package has no types of its own. */
const { GIFEncoder } = createRequire(import.meta.url)('gifenc') as {
	GIFEncoder(): {
		writeFrame(
			index: Uint8Array,
			width: number,
			height: number,
			/** `delay` in milliseconds. */
			options: { palette?: number[][]; delay?: number; repeat?: number },
		): void;
		finish(): void;
		bytes(): Uint8Array;
	};
};

/** 10 … 51, smaller is better; at 24 the small letters stay sharp. */
export const QUANTIZATION = 24;
/** 0 … 10, larger is faster. */
const ENCODER_SPEED = 8;
export const KEYFRAME_EVERY_SECONDS = 2;
const GIF_TICKS_A_SECOND = 100;

/** Encodes the whole clip with what comes along, and returns the file's bytes. `onFrame` hears how many are done. */
export async function render(
	spec: PreviewSpec,
	format: 'mp4' | 'gif',
	onFrame: (done: number) => void,
): Promise<Uint8Array> {
	return format === 'gif' ? renderGif(spec, onFrame) : await renderMp4(spec, onFrame);
}

async function renderMp4(spec: PreviewSpec, onFrame: (done: number) => void): Promise<Uint8Array> {
	const painter = createPainter(spec);
	const colours = new Uint32Array(256);
	for (let i = 0; i < 256; i++) {
		const [red, green, blue] = painter.palette.subarray(i * 3, i * 3 + 3) as unknown as number[];
		colours[i] = (0xff000000 | (blue! << 16) | (green! << 8) | red!) >>> 0;
	}
	const encoder = await h264.createH264MP4Encoder();
	try {
		encoder.width = spec.width;
		encoder.height = spec.height;
		encoder.frameRate = Math.max(1, Math.round(spec.fps));
		encoder.quantizationParameter = QUANTIZATION;
		encoder.speed = ENCODER_SPEED;
		encoder.groupOfPictures = Math.max(1, Math.round(spec.fps * KEYFRAME_EVERY_SECONDS));
		encoder.initialize();
		const rgba = new Uint32Array(spec.width * spec.height);
		const bytes = new Uint8Array(rgba.buffer);
		for (let frame = 0; frame < spec.frames; frame++) {
			const pixels = painter.paint(frame);
			for (let i = 0; i < pixels.length; i++) rgba[i] = colours[pixels[i]!]!;
			encoder.addFrameRgba(bytes);
			onFrame(frame + 1);
		}
		encoder.finalize();
		const file = Uint8Array.from(encoder.FS.readFile(encoder.outputFilename));
		encoder.FS.unlink(encoder.outputFilename);
		setTimes(file, spec.frames, spec.fps);
		return file;
	} finally {
		encoder.delete();
	}
}

function renderGif(spec: PreviewSpec, onFrame: (done: number) => void): Uint8Array {
	const painter = createPainter(spec);
	const palette = Array.from({ length: 256 }, (_, i) => [
		...painter.palette.subarray(i * 3, i * 3 + 3),
	]);
	const gif = GIFEncoder();
	// GIF counts in hundredths of a second: each frame ends at the tick nearest to its true end, so
	// that the clip as a whole keeps its length.
	const tickAt = (frame: number) => Math.round((frame * GIF_TICKS_A_SECOND) / spec.fps);
	for (let frame = 0; frame < spec.frames; frame++) {
		gif.writeFrame(painter.paint(frame), spec.width, spec.height, {
			...(frame === 0 ? { palette, repeat: 0 } : {}),
			delay: (tickAt(frame + 1) - tickAt(frame)) * (1000 / GIF_TICKS_A_SECOND),
		});
		onFrame(frame + 1);
	}
	gif.finish();
	return gif.bytes();
}
