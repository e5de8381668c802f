import type { FastifyBaseLogger } from 'fastify';

/** Structured logs, one JSON object a line, on standard error. */
export type Log = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>;
