/** Names that every file system takes. Pure. */
import { extensionOf } from '../providers/replies/job';

/** `boat.mp4` and its sisters `boat-2.mp4`, `boat-3.mp4`. */
export function numbered(name: string, index: number): string {
	if (index === 0) return name;
	const [extension = ''] = VIDEO_EXTENSION.exec(name) ?? [];
	return `${name.slice(0, name.length - extension.length)}-${index + 1}${extension}`;
}

/** What some file system does not take in a name, and marks that nobody sees or that turn it around. */
const NOT_IN_NAMES =
	/[\\/:*?"<>|\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069]+/g;
const DEVICE = /^(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])\s*(\.|$)/i;
const VIDEO_EXTENSION = /\.(mp4|m4v|mov|webm|gif|webp|mkv|avi|mpe?g|ogv)$/i;
/** File systems take 255; a number comes behind it where a job has several videos. */
const MAX_STEM_BYTES = 240;

/** A name as a person or a table gave it, made one that every file system takes, with the extension that the file has. */
export function fileNameOf(name: string, mimeType: string): string {
	const safe = withoutEnd(name.replace(NOT_IN_NAMES, '-'));
	const [extension = `.${extensionOf(mimeType)}`] = VIDEO_EXTENSION.exec(safe) ?? [];
	const stem = withoutEnd(shortened(safe.replace(VIDEO_EXTENSION, '')));
	return `${stem === '' || isDeviceName(stem) ? `video${stem && '-'}${stem}` : stem}${extension}`;
}

/** Windows knows some names as devices, whatever extension follows. */
export const isDeviceName = (name: string): boolean => DEVICE.test(name);

/** Windows drops dots and blanks at the end of a name. */
const withoutEnd = (name: string): string => name.trim().replace(/[.\s]+$/, '');

/** In whole characters. */
function shortened(stem: string): string {
	let bytes = 0;
	let kept = '';
	for (const character of stem) {
		bytes += new TextEncoder().encode(character).byteLength;
		if (bytes > MAX_STEM_BYTES) break;
		kept += character;
	}
	return kept;
}
