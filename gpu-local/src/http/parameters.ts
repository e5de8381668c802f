import type { FastifyRequest } from 'fastify';
import { ApiError } from '../videos/errors.ts';
import { unstorable } from './bodies.ts';

/** What is wrong with what stands in an address, whichever call it is for. */
export function refusalOfParameters({ params, query }: FastifyRequest): ApiError | undefined {
	const given = { ...(params as object), ...(query as object) };
	const twice = Object.entries(given).find(([, value]) => Array.isArray(value))?.[0];
	if (twice === undefined) return unstorable(given);
	return new ApiError(
		400,
		'invalid_request',
		`The parameter ${twice} is given more than once. Give it once.`,
		{ field: twice },
	);
}
