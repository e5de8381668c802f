/** The result file host: another origin than the API, which never needs the key and records whether it got it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer, Incoming } from './types';

/** A real H.264 clip: 64 × 64, 8 frames, 8 a second. */
export const TINY_MP4 = readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'tiny.mp4'));
/** Its last picture. */
export const TINY_JPEG = readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'tiny.jpg'));
/** A real GIF of one pixel. */
export const TINY_GIF = Buffer.from(
	'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
	'base64',
);

export interface FileAnswer extends Omit<Answer, 'body'> {
	body: Buffer | string;
}

/** Serves a video by the extension of its path, whole or the asked range; or its last picture, as the local executor does. */
export function serveFile({ path, query, headers }: Incoming): FileAnswer {
	if (query.get('variant') === 'last_frame') {
		return { status: 200, headers: { 'content-type': 'image/jpeg' }, body: TINY_JPEG };
	}
	const gif = path.endsWith('.gif');
	const bytes = gif ? TINY_GIF : TINY_MP4;
	const common = {
		'content-type': gif ? 'image/gif' : 'video/mp4',
		'accept-ranges': 'bytes',
	};
	const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '');
	if (!range) return { status: 200, headers: common, body: bytes };
	const from = Number(range[1]);
	const to = Math.min(range[2] ? Number(range[2]) : bytes.length - 1, bytes.length - 1);
	if (from > to) {
		return { status: 416, headers: { 'content-range': `bytes */${bytes.length}` }, body: '' };
	}
	return {
		status: 206,
		headers: { ...common, 'content-range': `bytes ${from}-${to}/${bytes.length}` },
		body: bytes.subarray(from, to + 1),
	};
}

/** What object stores answer to an address whose time is over. */
export const expiredFile = (): FileAnswer => ({
	status: 403,
	headers: { 'content-type': 'application/xml' },
	body: '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
});

export const missingFile = (): FileAnswer => ({
	status: 404,
	headers: { 'content-type': 'application/xml' },
	body: '<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code></Error>',
});
