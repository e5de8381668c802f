import { createHash } from 'node:crypto';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphRows } from './font.ts';

/** What a preview shows. Everything in the picture follows from it: same input, same pixels. */
export interface PreviewSpec {
	width: number;
	height: number;
	frames: number;
	fps: number;
	seed: number;
	model: string;
	/** What the picture is that the video is to begin with, for example `PNG 640x480`. */
	picture?: string;
	/** At least one; their frames add up to `frames`. */
	segments: Array<{ prompt: string; frames: number }>;
}

/** The picture is painted in these 256 colours, so that GIF needs no second quantisation. */
const BACKGROUND_COLOURS = 192;
const INK = 192;
const SHADE = 193;
const LABEL_INK = 194;
const LABEL_GROUND = 195;
const BAR = 196;

const LABEL = 'PREVIEW - NOT AI';
const LINE_GAP = 3;

export interface Painter {
	/** 256 × 3 bytes, red green blue. */
	palette: Uint8Array;
	/** One palette index a pixel, row by row. The same buffer is used again for every frame. */
	paint(frame: number): Uint8Array;
}

export function createPainter(spec: PreviewSpec): Painter {
	const { width, height } = spec;
	const digest = createHash('sha256')
		.update(`${spec.seed}\n${spec.segments.map((s) => s.prompt).join('\n')}`)
		.update(spec.picture ?? '')
		.digest();
	const pixels = new Uint8Array(width * height);
	const cycles = Math.max(1, Math.round(spec.frames / spec.fps / 4));
	const waves = [0, 1, 2].map((i) => ({
		length: 0.6 + digest[8 + i]! / 160,
		phase: (digest[11 + i]! / 255) * 2 * Math.PI,
	}));
	const scale = Math.max(1, Math.floor(Math.min(width, height * 1.8) / 220));
	const alongX = new Int16Array(width);
	const alongY = new Int16Array(height);

	const paint = (frame: number): Uint8Array => {
		const turn = (2 * Math.PI * cycles * frame) / spec.frames;
		const half = (BACKGROUND_COLOURS - 1) / 4;
		const wave = (position: number, index: number, direction: number): number =>
			Math.sin(
				position * waves[index]!.length * 2 * Math.PI + waves[index]!.phase + direction * turn,
			);
		for (let x = 0; x < width; x++) {
			alongX[x] = Math.round(half * (1 + (wave(x / width, 0, 1) + wave(x / width, 2, -1)) / 2));
		}
		for (let y = 0; y < height; y++) {
			alongY[y] = Math.round(half * (1 + wave(y / height, 1, 1)));
		}
		for (let y = 0, at = 0; y < height; y++) {
			const row = alongY[y]!;
			for (let x = 0; x < width; x++) pixels[at++] = alongX[x]! + row;
		}
		write(frame);
		return pixels;
	};

	const rectangle = (left: number, top: number, wide: number, high: number, colour: number) => {
		for (let y = Math.max(0, top); y < Math.min(height, top + high); y++) {
			pixels.fill(colour, y * width + Math.max(0, left), y * width + Math.min(width, left + wide));
		}
	};

	const text = (line: string, left: number, top: number, colour: number) => {
		let x = left;
		for (const character of line) {
			const rows = glyphRows(character) ?? UNKNOWN_GLYPH;
			for (let y = 0; y < GLYPH_HEIGHT; y++) {
				for (let bit = 0; bit < GLYPH_WIDTH; bit++) {
					if ((rows[y]! >> (GLYPH_WIDTH - 1 - bit)) & 1) {
						rectangle(x + bit * scale, top + y * scale, scale, scale, colour);
					}
				}
			}
			x += ADVANCE * scale;
		}
	};

	const columns = Math.floor((width - 4 * scale) / (ADVANCE * scale));
	const lineHeight = (GLYPH_HEIGHT + LINE_GAP) * scale;
	const bandHeight = (GLYPH_HEIGHT + 4) * scale;
	const wrapped = spec.segments.map((segment) => wrap(readable(segment.prompt), columns));

	const write = (frame: number) => {
		const barHeight = Math.max(1, scale * 2);
		rectangle(
			0,
			height - barHeight,
			Math.ceil((width * (frame + 1)) / spec.frames),
			barHeight,
			BAR,
		);
		if (columns < 4 || height < bandHeight + barHeight) return;
		rectangle(0, 0, width, bandHeight, LABEL_GROUND);
		text(LABEL.slice(0, columns), 2 * scale, 2 * scale, LABEL_INK);
		const facts = [
			`seed ${spec.seed}`,
			`${width}x${height} ${trim(spec.fps)} fps`,
			`frame ${frame + 1}/${spec.frames}`,
			`model ${readable(spec.model)}`,
			...(spec.picture === undefined ? [] : [`from ${spec.picture}`]),
		].map((line) => line.slice(0, columns));
		const room = Math.floor((height - bandHeight - barHeight - scale) / lineHeight);
		const lines = wrapped[segmentAt(spec.segments, frame)]!.slice(
			0,
			Math.max(0, room - facts.length),
		);
		const shadow = Math.max(1, Math.floor(scale / 2));
		lines.forEach((line, index) => {
			const top = bandHeight + scale + index * lineHeight;
			text(line, 2 * scale + shadow, top + shadow, SHADE);
			text(line, 2 * scale, top, INK);
		});
		facts.slice(0, Math.max(0, room)).forEach((line, index, all) => {
			const top = height - barHeight - (all.length - index) * lineHeight;
			text(line, 2 * scale + shadow, top + shadow, SHADE);
			text(line, 2 * scale, top, INK);
		});
	};

	return { palette: palette(digest), paint };
}

const ADVANCE = GLYPH_WIDTH + 1;
const UNKNOWN_GLYPH = [31, 17, 17, 17, 17, 17, 31];

/** Letters with marks become plain letters; line breaks become spaces. */
function readable(line: string): string {
	return line
		.normalize('NFKD')
		.replace(/\p{M}/gu, '')
		.replace(/\s+/g, ' ')
		.replace(/[‘’]/g, "'")
		.replace(/[“”]/g, '"')
		.replace(/[–—]/g, '-')
		.trim();
}

function wrap(line: string, columns: number): string[] {
	const lines: string[] = [];
	let current = '';
	for (const word of line.split(' ')) {
		let rest = [...word];
		if (current && [...current].length + 1 + rest.length > columns) {
			lines.push(current);
			current = '';
		}
		while (columns > 0 && rest.length > columns) {
			lines.push(rest.slice(0, columns).join(''));
			rest = rest.slice(columns);
		}
		current = current ? `${current} ${rest.join('')}` : rest.join('');
	}
	if (current) lines.push(current);
	return lines;
}

function segmentAt(segments: PreviewSpec['segments'], frame: number): number {
	let end = 0;
	for (let index = 0; index < segments.length; index++) {
		end += segments[index]!.frames;
		if (frame < end) return index;
	}
	return segments.length - 1;
}

function trim(value: number): string {
	return String(Math.round(value * 1000) / 1000);
}

function palette(digest: Buffer): Uint8Array {
	const colours = new Uint8Array(256 * 3);
	const hue = digest[0]! / 255;
	const spread = 0.12 + digest[1]! / 1200;
	for (let i = 0; i < BACKGROUND_COLOURS; i++) {
		const position = i / (BACKGROUND_COLOURS - 1);
		const rgb = fromHsl((hue + spread * position) % 1, 0.55, 0.18 + 0.34 * position);
		colours.set(rgb, i * 3);
	}
	colours.set([255, 255, 255], INK * 3);
	colours.set([0, 0, 0], SHADE * 3);
	colours.set([20, 20, 20], LABEL_INK * 3);
	colours.set([255, 214, 10], LABEL_GROUND * 3);
	colours.set([255, 255, 255], BAR * 3);
	return colours;
}

/** All three 0 … 1; gives 0 … 255 each. */
function fromHsl(hue: number, saturation: number, lightness: number): number[] {
	const reach = saturation * Math.min(lightness, 1 - lightness);
	return [0, 8, 4].map((offset) => {
		const k = (offset + hue * 12) % 12;
		return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
	});
}
