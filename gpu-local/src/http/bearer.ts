import type { FastifyRequest } from 'fastify';
import { ApiError } from '../videos/errors.ts';
import type { KeyRing } from './keys.ts';

declare module 'fastify' {
	interface FastifyRequest {
		/** Whose jobs the request may see. */
		owner: string;
	}
}

/** `Authorization: Bearer <key>`. */
export function checkBearer(request: FastifyRequest, keys: KeyRing): void {
	const match = /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '');
	const owner = keys.ownerOf(match?.[1]);
	if (owner === undefined) {
		throw new ApiError(
			401,
			'invalid_api_key',
			'The API key is missing or wrong. Send it as the header "Authorization: Bearer <key>".',
		);
	}
	request.owner = owner;
}
