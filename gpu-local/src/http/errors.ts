import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { StorageError } from '../artifacts/store.ts';
import { DatabaseUnavailableError } from '../db/database.ts';
import { ApiError } from '../videos/errors.ts';

const RETRY_SECONDS = 5;

/** Answers what goes wrong in the words of a dialect, whose own status may be another than ours. */
export function answerErrors(
	app: FastifyInstance,
	describe: (error: ApiError, request: FastifyRequest) => { status?: number; body: object },
): void {
	app.setErrorHandler<FastifyError>(async (thrown, request, reply) => {
		const error = toApiError(thrown, request.log);
		const { status = error.status, body } = describe(error, request);
		const { retryAfterSeconds } = error.detail;
		if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
		return await reply.code(status).send(body);
	});
}

/** Whatever was thrown, as something that can be told to the caller. What is our fault is logged. */
export function toApiError(error: FastifyError | Error, log: FastifyBaseLogger): ApiError {
	if (error instanceof ApiError) return error;
	if (error instanceof DatabaseUnavailableError) {
		log.warn({ err: error }, 'The database does not answer');
		return new ApiError(
			503,
			'unavailable',
			'The server cannot reach its database just now. Try again in some seconds.',
			{ retryAfterSeconds: RETRY_SECONDS },
		);
	}
	if (error instanceof StorageError) {
		log.warn({ err: error }, 'The storage does not answer');
		return new ApiError(
			503,
			'unavailable',
			'The server cannot reach the storage with the videos just now. Try again in some seconds.',
			{ retryAfterSeconds: RETRY_SECONDS },
		);
	}
	const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
	if (status === 413) {
		return new ApiError(413, 'too_large', 'The request is too large. Send less.');
	}
	if (status === 415) {
		return new ApiError(
			415,
			'invalid_request',
			'The request body must be JSON (Content-Type: application/json).',
		);
	}
	if (status >= 400 && status < 500) {
		return new ApiError(
			status,
			'invalid_request',
			`The request cannot be read: ${error.message}.`.replace(/\.\.$/, '.'),
		);
	}
	log.error({ err: error }, 'A request failed');
	return new ApiError(
		500,
		'internal',
		'The server had a problem with this request. Its log says more.',
	);
}
