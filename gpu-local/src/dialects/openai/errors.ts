import type { ApiError } from '../../videos/errors.ts';

/** `{error: {message, type, param, code}}`, as OpenAI's API answers. */
export const openaiError = ({ code, message, detail, status }: ApiError): object => ({
	error: {
		message,
		type: status >= 500 ? 'server_error' : 'invalid_request_error',
		param: detail.field ?? null,
		code,
	},
});
