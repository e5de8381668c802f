/** Pictures, videos and sounds that a request takes along: an address, or the file itself as a data URL. Pure. */
import type { JsonValue, RuleIssue } from '../contract';
import { MEDIA_WORDS, takesFile, type Field } from './fields';
import { pictureFacts, type PictureFacts } from './pictures';

type Media = NonNullable<Field['media']>;

const MEGABYTE = 1_000_000;
const KILOBYTE = 1000;
/** Enough for the head of a picture, whose embedded preview may come first. */
const HEAD_BYTES = 256 * 1024;

const MIME_TYPES: Record<string, string[]> = {
	jpg: ['image/jpeg', 'image/jpg'],
	jpeg: ['image/jpeg', 'image/jpg'],
	png: ['image/png'],
	webp: ['image/webp'],
	bmp: ['image/bmp', 'image/x-ms-bmp'],
	tiff: ['image/tiff'],
	gif: ['image/gif'],
	mp3: ['audio/mpeg', 'audio/mp3'],
	wav: ['audio/wav', 'audio/x-wav', 'audio/wave'],
	mp4: ['video/mp4'],
	mov: ['video/quicktime'],
};

/** `data:<type>;base64,<data>`, taken apart. */
export function dataUrl(text: string): { mimeType: string; base64: string } | undefined {
	const found = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w.+-]+=[^;,]*)*;base64,/i.exec(text);
	return found?.[1]
		? { mimeType: found[1].toLowerCase(), base64: text.slice(found[0].length) }
		: undefined;
}

/** Whether the text stands for a file that lies elsewhere, or is one, and is no name of something that a host holds. */
export const isAddressOrFile = (text: string): boolean =>
	/^(https?:\/\/|gs:\/\/|data:)/i.test(text.trim());

/**
 * @param value of the field: one text, a list of texts, or a list of objects with such texts
 * @param hostFile what the host takes beside an address and a data URL
 */
export function mediaIssues(
	field: Field,
	value: JsonValue | undefined,
	hostFile: string,
): RuleIssue[] {
	return problemsOf(field, value, '', hostFile).map(({ shown, allowed }) => ({
		field: field.name,
		value: shown,
		allowed,
	}));
}

interface Problem {
	/** The value, or what it holds. */
	shown: string;
	allowed: string;
}

function problemsOf(
	field: Field,
	value: JsonValue | undefined,
	place: string,
	hostFile: string,
): Problem[] {
	if (Array.isArray(value)) {
		return value.flatMap((item, index) =>
			(field.items ?? []).flatMap((inner) => {
				const at = field.plain ? item : (item as Record<string, JsonValue>)[inner.name];
				const title = field.plain ? '' : `${inner.title} of `;
				const where = `${title}${field.itemTitle ?? 'item'} ${index + 1}: `;
				return problemsOf(inner, at, where, hostFile);
			}),
		);
	}
	if (!field.media || typeof value !== 'string') return [];
	const problem = problemOf(field.media, value, hostFile);
	return problem ? [{ shown: problem.shown, allowed: `${place}${problem.allowed}` }] : [];
}

function problemOf(media: Media, text: string, hostFile: string): Problem | undefined {
	const { accepts, kind } = media;
	const what = MEDIA_WORDS[kind];
	if (/^https?:\/\//i.test(text)) {
		return accepts.includes('url')
			? undefined
			: { shown: text, allowed: `the provider takes the ${what} itself here and not its address` };
	}
	if (/^data:/i.test(text)) return fileProblem(media, text);
	if (accepts.includes('gs-uri') && /^gs:\/\//i.test(text)) return undefined;
	if (accepts.includes('asset id') && /^[\w:-]+$/.test(text)) return undefined;
	const forms = [
		...(accepts.includes('url') ? ['a web address that starts with https://'] : []),
		...(takesFile(accepts) ? ['a data URL', hostFile] : []),
	];
	return { shown: text, allowed: `give the ${what} as ${forms.join(' or ')}` };
}

function fileProblem(media: Media, text: string): Problem | undefined {
	const { accepts, kind, formats = [], maxMegabytes = Infinity } = media;
	const what = MEDIA_WORDS[kind];
	const file = dataUrl(text);
	const shown = `${text.slice(0, 30)}…`;
	if (!file)
		return { shown, allowed: 'a data URL looks like data:image/png;base64, and then the file' };
	const bytes = Buffer.byteLength(file.base64, 'base64');
	const facts = kind === 'image' ? pictureFacts(headOf(file.base64)) : undefined;
	const mimeType = facts?.mimeType ?? file.mimeType;
	const about = `${mimeType}, ${sizeText(bytes)}${facts?.width ? `, ${facts.width} x ${facts.height} pixels` : ''}`;
	const wrong = (allowed: string) => ({ shown: about, allowed });
	if (!takesFile(accepts)) {
		return wrong(
			`this model takes the public web address of a ${what} only. Put the file where it has one, for example into cloud storage`,
		);
	}
	if (!mimeType.startsWith(`${kind}/`)) return wrong(`give a ${what}`);
	if (formats.length > 0 && !formats.some((format) => MIME_TYPES[format]?.includes(mimeType))) {
		return wrong(`give a ${what} of the kind ${formats.join(', ')}`);
	}
	if (bytes > maxMegabytes * MEGABYTE) return wrong(`at most ${maxMegabytes} MB are taken`);
	return facts ? pixelProblem(media, facts, wrong) : undefined;
}

function pixelProblem(
	{ minShortSide = 0, minRatio, maxRatio, minPixels, maxPixels }: Media,
	{ width, height }: PictureFacts,
	wrong: (allowed: string) => Problem,
): Problem | undefined {
	if (width === undefined || height === undefined) return undefined;
	if (Math.min(width, height) < minShortSide) {
		return wrong(`the shorter side must have ${minShortSide} pixels or more`);
	}
	const ratio = width / height;
	if ((minRatio && ratio < quotient(minRatio)) || (maxRatio && ratio > quotient(maxRatio))) {
		return wrong(`width to height may be from ${minRatio} to ${maxRatio}`);
	}
	const area = width * height;
	if ((minPixels && area < product(minPixels)) || (maxPixels && area > product(maxPixels))) {
		return wrong(`the size may be from ${minPixels} to ${maxPixels} pixels`);
	}
	return undefined;
}

const quotient = (ratio: string): number => {
	const [over, under] = ratio.split(':').map(Number) as [number, number];
	return over / under;
};

const product = (pixels: string): number => {
	const [width, height] = pixels.split('x').map(Number) as [number, number];
	return width * height;
};

const sizeText = (bytes: number): string =>
	bytes >= MEGABYTE
		? `${(bytes / MEGABYTE).toFixed(1)} MB`
		: `${Math.max(1, Math.round(bytes / KILOBYTE))} kB`;

const headOf = (base64: string): Uint8Array =>
	Uint8Array.from(Buffer.from(base64.slice(0, Math.ceil(HEAD_BYTES / 3) * 4), 'base64'));
