import type { FastifyInstance } from 'fastify';
import { ApiError } from '../videos/errors.ts';

const FORM = 'application/x-www-form-urlencoded';

/**
 * Reads JSON and plain forms. An empty body is none, whatever its type says: the OpenAI SDK for Python sends
 * `DELETE` with the type of JSON and no body.
 */
export function readBodies(app: FastifyInstance): void {
	const parseJson = app.getDefaultJsonParser('error', 'error');
	app.removeContentTypeParser(['application/json', 'text/plain']);
	app.addContentTypeParser<Buffer>(
		'application/json',
		{ parseAs: 'buffer' },
		(request, bytes, done) => {
			if (bytes.length === 0) return done(null, undefined);
			const text = decode(bytes);
			if (text === undefined) return done(NOT_UTF8);
			void parseJson(request, text, (error: Error | null, body?: unknown) => {
				if (error) return done(error);
				done(unstorable(body) ?? null, body);
			});
		},
	);
	app.addContentTypeParser<Buffer>(FORM, { parseAs: 'buffer' }, (_request, bytes, done) => {
		const text = decode(bytes);
		if (text === undefined) return done(NOT_UTF8);
		const body = Object.fromEntries(new URLSearchParams(text));
		done(unstorable(body) ?? null, body);
	});
}

const NOT_UTF8 = new ApiError(
	400,
	'invalid_request',
	'The request body holds bytes that are no UTF-8 text. Send it as UTF-8.',
);

function decode(bytes: Buffer): string | undefined {
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch {
		return undefined;
	}
}

/** What no database stores as text: NUL, and halves of characters that UTF-16 writes in two. */
const isUnstorable = (text: string): boolean => text.includes('\0') || /\p{Surrogate}/u.test(text);

/** Says where a body, or what stands in an address, holds text that cannot be stored, be it a value or a name. */
export function unstorable(body: unknown): ApiError | undefined {
	const left: Array<[path: string, value: unknown]> = [['', body]];
	for (let next = left.pop(); next; next = left.pop()) {
		const [path, value] = next;
		if (typeof value === 'string' && isUnstorable(value)) return refusal(path);
		if (typeof value !== 'object' || value === null) continue;
		for (const [name, inner] of Object.entries(value)) {
			if (isUnstorable(name)) return refusal(path);
			left.push([path === '' ? name : `${path}.${name}`, inner]);
		}
	}
	return undefined;
}

const refusal = (path: string): ApiError =>
	new ApiError(
		400,
		'invalid_request',
		`${path === '' ? 'The request' : `The field ${path}`} holds a character that no text may hold here (NUL, or half of one). Take it out.`,
		path === '' ? {} : { field: path },
	);
