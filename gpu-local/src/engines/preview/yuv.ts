/**
 * Turns pictures of palette indices into planes of brightness and colour, as H.264 has them: BT.709 in the narrow
 * range, one value of colour for four pixels (ITU-R BT.709-6, section 3).
 *
 * @param palette 256 × 3 bytes, red green blue
 * @returns fills `planes` (width × height × 1.5 bytes) from `pixels`; both sides are even
 */
export function planesFrom(
	palette: Uint8Array,
	width: number,
	height: number,
): (pixels: Uint8Array, planes: Uint8Array) => void {
	const brightness = new Uint8Array(256);
	/** Both values of colour in one number, so that four pixels are added up at once. */
	const colour = new Uint32Array(256);
	for (let index = 0; index < 256; index++) {
		const [red, green, blue] = [0, 1, 2].map((offset) => palette[index * 3 + offset]! / 255);
		const luma = 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
		brightness[index] = Math.round(16 + 219 * luma);
		const blueness = Math.round(128 + (224 * (blue! - luma)) / 1.8556);
		const redness = Math.round(128 + (224 * (red! - luma)) / 1.5748);
		colour[index] = (blueness << 16) | redness;
	}
	const size = width * height;
	return (pixels, planes) => {
		for (let at = 0; at < size; at++) planes[at] = brightness[pixels[at]!]!;
		let bluePlane = size;
		let redPlane = size + size / 4;
		for (let row = 0; row < size; row += 2 * width) {
			for (let at = row; at < row + width; at += 2) {
				const below = at + width;
				const four =
					colour[pixels[at]!]! +
					colour[pixels[at + 1]!]! +
					colour[pixels[below]!]! +
					colour[pixels[below + 1]!]!;
				planes[bluePlane++] = (four >>> 18) & 255;
				planes[redPlane++] = (four >>> 2) & 255;
			}
		}
	};
}
