import { createHash } from 'node:crypto';
import { dataUrl } from '../../../providers/schema/media';
import { pictureFacts } from '../../../providers/schema/pictures';
import { download, NoPictureError } from '../callbacks/download.ts';
import type { CallbackPolicy } from '../callbacks/guard.ts';
import type { RequestValues } from '../../../providers/contract';
import type { ModelInfo, PictureFacts } from '../engines/engine.ts';
import { ApiError } from './errors.ts';

/** As the field of the Local GPU provider says. */
export const MAX_PICTURE_BYTES = 16_000_000;
const MIN_SIDE_PIXELS = 16;
const MAX_PIXELS = 64_000_000;
const MIME_TYPES: readonly string[] = ['image/png', 'image/jpeg', 'image/webp'];

/** The picture that a video begins with. */
export interface Picture {
	bytes: Buffer;
	facts: PictureFacts;
}

/** A picture is used or refused: without it the video would be another one. */
export function checkTakesPicture(
	model: ModelInfo,
	picture: RequestValues[string] | undefined,
): void {
	if (picture !== undefined && model.supports && !model.supports.includes('input_reference')) {
		throw new ApiError(
			400,
			'unsupported_field',
			`The model "${model.id}" does not begin a video with a picture (input_reference). Leave the picture out, or choose a model that makes videos from pictures.`,
			{ field: 'input_reference' },
		);
	}
	if (picture === undefined && model.requires?.includes('input_reference')) {
		throw new ApiError(
			400,
			'invalid_request',
			`The model "${model.id}" makes videos from a picture only. Give the picture that the video begins with as input_reference.`,
			{ field: 'input_reference' },
		);
	}
}

/**
 * Reads a data URL, or fetches an address by the rules for callback addresses, and looks at the head of
 * the file. Throws what is wrong, with the field.
 */
export async function readPicture(text: string, policy: CallbackPolicy): Promise<Picture> {
	const bytes = await bytesOf(text, policy);
	if (bytes.length > MAX_PICTURE_BYTES) {
		throw refused(
			`it has ${megabytes(bytes.length)} MB, and at most ${megabytes(MAX_PICTURE_BYTES)} are taken`,
		);
	}
	const found = pictureFacts(bytes);
	if (!found || !MIME_TYPES.includes(found.mimeType)) {
		throw refused(
			`it is ${found ? `of the kind ${found.mimeType}` : 'no picture'}, and PNG, JPEG or WebP is needed`,
		);
	}
	const { width, height } = found;
	if (!width || !height) throw refused('the file is damaged: it does not say its size');
	if (Math.min(width, height) < MIN_SIDE_PIXELS) {
		throw refused(
			`it has ${width}x${height} pixels, and at least ${MIN_SIDE_PIXELS} a side are needed`,
		);
	}
	if (width * height > MAX_PIXELS) {
		throw refused(
			`it has ${width}x${height} pixels, which is more than the ${MAX_PIXELS / 1_000_000} million that are taken`,
		);
	}
	const sha256 = createHash('sha256').update(bytes).digest('hex');
	const mimeType = found.mimeType as PictureFacts['mimeType'];
	return { bytes, facts: { mimeType, width, height, bytes: bytes.length, sha256 } };
}

async function bytesOf(text: string, policy: CallbackPolicy): Promise<Buffer> {
	if (/^data:/i.test(text)) {
		const file = dataUrl(text);
		if (!file || !/^[\w+/=\s-]+$/.test(file.base64)) {
			throw refused('its data URL does not look like data:image/png;base64, and then the file');
		}
		return Buffer.from(file.base64, 'base64');
	}
	try {
		return await download(text, policy, MAX_PICTURE_BYTES);
	} catch (error) {
		if (!(error instanceof NoPictureError)) throw error;
		throw refused(error.message);
	}
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1).replace(/\.0$/, '');

const refused = (why: string): ApiError =>
	new ApiError(400, 'invalid_request', `The picture in input_reference cannot be used: ${why}.`, {
		field: 'input_reference',
	});
