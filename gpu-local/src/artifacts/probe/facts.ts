/** What a file really is. */
export interface VideoFacts {
	mimeType: 'video/mp4' | 'image/gif';
	/** Pixels. */
	width: number;
	/** Pixels. */
	height: number;
	frames: number;
	/** Mean over the whole file, rounded to thousandths. */
	fps: number;
	durationSeconds: number;
}

/** The file is not a whole video. */
export class NotAVideoError extends Error {
	override readonly name = 'NotAVideoError';
}

export const rounded = (value: number): number => Math.round(value * 1000) / 1000;
