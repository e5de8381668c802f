import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';

/** Structured logs, one JSON object a line, on standard error. */
export const createLogger = (level: string): FastifyBaseLogger =>
	pino({ level }, pino.destination({ dest: 2, sync: true }));
