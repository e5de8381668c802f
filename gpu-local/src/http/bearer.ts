import type { FastifyRequest } from 'fastify';
import { ApiError } from '../videos/errors.ts';
import type { HttpContext } from './context.ts';

declare module 'fastify' {
	interface FastifyRequest {
		/** Whose jobs the request may see. */
		owner: string;
	}
}

/** `Authorization: Bearer <key>`. */
export async function checkBearer(request: FastifyRequest, context: HttpContext): Promise<void> {
	const match = /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '');
	await checkKey(
		request,
		context,
		match?.[1],
		'The API key is missing or wrong. Send it as the header "Authorization: Bearer <key>".',
	);
}

/** Lets a request with a right key in, as the key's owner. */
export async function checkKey(
	request: FastifyRequest,
	{ keys, failedLogins }: Pick<HttpContext, 'keys' | 'failedLogins'>,
	key: string | undefined,
	refusal: string,
): Promise<void> {
	const owner = keys.ownerOf(key);
	if (owner === undefined) {
		if (key !== undefined) await failedLogins.note(request.ip, request.log);
		throw new ApiError(401, 'invalid_api_key', refusal);
	}
	request.owner = owner;
}
