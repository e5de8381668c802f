declare module 'gifenc' {
	interface GifEncoder {
		writeFrame(
			index: Uint8Array,
			width: number,
			height: number,
			/** `delay` in milliseconds. */
			options: { palette?: number[][]; delay?: number; repeat?: number },
		): void;
		finish(): void;
		bytes(): Uint8Array;
	}
	const gifenc: { GIFEncoder(): GifEncoder };
	export default gifenc;
}
