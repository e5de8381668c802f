/** How the account's key travels. Pure: the only place in this package that puts a key anywhere. */
import type { HttpRequest } from '../../../jobs/host';
import type { Authentication, JsonObject } from '../../../providers/contract';

export interface Keyed {
	headers: Record<string, string>;
	body?: JsonObject;
	query?: Record<string, string>;
}

/** Headers, body and query of a request, with the key where it may go along and there is one. */
export function withKey(
	request: HttpRequest,
	authentication: Authentication,
	key: string | undefined,
): Keyed {
	const headers = { ...request.headers };
	const { body, query } = request;
	const plain = { headers, ...(body ? { body } : {}), ...(query ? { query } : {}) };
	if (!request.authenticate || !key) return plain;
	switch (authentication.kind) {
		case 'bearer':
			return { ...plain, headers: { ...headers, authorization: `Bearer ${key}` } };
		case 'bodyKey':
			if (request.keyInQuery)
				return { ...plain, query: { ...query, [authentication.property]: key } };
			// Only a request that can have a body can carry the key; a download never does.
			return request.method === 'GET'
				? plain
				: { ...plain, body: { ...body, [authentication.property]: key } };
	}
}
