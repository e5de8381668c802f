import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { MultipartFile } from '@fastify/multipart';
import { unstorable } from '../http/bodies.ts';
import { ApiError } from '../videos/errors.ts';
import { MAX_PICTURE_BYTES } from '../videos/picture.ts';

const MAX_FIELDS = 60;
const MAX_FIELD_BYTES = 256 * 1024;

/** Lets `multipart/form-data` in, which `readForm` then reads. */
export async function acceptForms(app: FastifyInstance): Promise<void> {
	await app.register(multipart, {
		limits: {
			fields: MAX_FIELDS,
			fieldSize: MAX_FIELD_BYTES,
			files: 1,
			fileSize: MAX_PICTURE_BYTES,
		},
	});
}

/** The body, whichever of the ways of an HTML form or JSON it came in. */
export const bodyOf = async (request: FastifyRequest): Promise<unknown> =>
	request.isMultipart() ? await readForm(request) : request.body;

/** OpenAI's name, and what clients make of it when they send lists. */
const PICTURE_FIELDS = new Set(['input_reference', 'input_reference[]']);

/** `multipart/form-data` as an object of texts; the picture that a video begins with as a data URL. */
async function readForm(request: FastifyRequest): Promise<Record<string, unknown>> {
	let body: Record<string, unknown>;
	try {
		body = await readFields(request);
	} catch (error) {
		if (error instanceof ApiError || hasStatus(error)) throw error;
		throw new ApiError(400, 'invalid_request', 'The form in the request body cannot be read.');
	}
	const refusal = unstorable(body);
	if (refusal) throw refusal;
	return body;
}

/** The parser's own limits come with a status; what it cannot parse comes without. */
const hasStatus = (error: unknown): boolean =>
	typeof (error as { statusCode?: unknown }).statusCode === 'number';

async function readFields(request: FastifyRequest): Promise<Record<string, unknown>> {
	const body: Record<string, unknown> = {};
	for await (const part of request.parts()) {
		if (part.type === 'file') {
			if (!PICTURE_FIELDS.has(part.fieldname)) {
				part.file.resume();
				throw new ApiError(
					400,
					'unsupported_field',
					`The field ${part.fieldname} holds a file, which has no use here. A picture that the video begins with goes into the field input_reference.`,
					{ field: part.fieldname },
				);
			}
			const bytes = await readPictureFile(part);
			body.input_reference = `data:${part.mimetype};base64,${bytes.toString('base64')}`;
			continue;
		}
		body[part.fieldname] = part.value;
	}
	return body;
}

async function readPictureFile(part: MultipartFile): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of part.file) chunks.push(chunk as Buffer);
	if (!part.file.truncated) return Buffer.concat(chunks);
	throw new ApiError(
		400,
		'invalid_request',
		`The picture in input_reference is larger than the ${MAX_PICTURE_BYTES / 1_000_000} MB that are taken.`,
		{ field: 'input_reference' },
	);
}
