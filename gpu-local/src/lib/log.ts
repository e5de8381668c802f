import type { FastifyBaseLogger } from 'fastify';

/** Structured logs, one JSON object a line, on standard error. */
export type Log = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>;

/**
 * What is logged of an error. A database driver hangs the query with all that was to be stored on it, which is prompts and
 * addresses: a log is kept for long and read by many.
 */
export const loggable = (error: unknown): object =>
	error instanceof Error
		? {
				type: error.name,
				message: error.message,
				stack: error.stack,
				...('code' in error ? { code: error.code } : {}),
				...(error.cause === undefined ? {} : { cause: loggable(error.cause) }),
			}
		: { type: typeof error, message: String(error) };

export const withLoggableErrors = (log: FastifyBaseLogger): FastifyBaseLogger =>
	log.child({}, { serializers: { err: loggable } });
