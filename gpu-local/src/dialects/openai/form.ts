import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../videos/errors.ts';

/** `multipart/form-data` as an object of texts. Files would be images to start from, which nothing here takes. */
export async function readForm(request: FastifyRequest): Promise<Record<string, unknown>> {
	try {
		return await readFields(request);
	} catch (error) {
		if (error instanceof ApiError || hasStatus(error)) throw error;
		throw new ApiError(400, 'invalid_request', 'The form in the request body cannot be read.');
	}
}

/** The parser's own limits come with a status; what it cannot parse comes without. */
const hasStatus = (error: unknown): boolean =>
	typeof (error as { statusCode?: unknown }).statusCode === 'number';

async function readFields(request: FastifyRequest): Promise<Record<string, unknown>> {
	const body: Record<string, unknown> = {};
	for await (const part of request.parts()) {
		if (part.type === 'file') {
			part.file.resume();
			throw new ApiError(
				400,
				'unsupported_field',
				`The field ${part.fieldname} holds a file. Videos are made from text here; leave the file out.`,
				{ field: part.fieldname },
			);
		}
		body[part.fieldname] = part.value;
	}
	return body;
}
