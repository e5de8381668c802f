import type { ApiError } from '../../videos/errors.ts';
import { InvalidFieldsError } from '../readValues.ts';

/** `{status: "error", message}`; with 429 and 503 the seconds to wait. */
export function stableDiffusionApiError(error: ApiError): object {
	const { retryAfterSeconds } = error.detail;
	return {
		status: 'error',
		message: messageOf(error),
		...(retryAfterSeconds === undefined ? {} : { retry_after: retryAfterSeconds }),
	};
}

/** Field errors come as the provider gives them: an object of field → texts. */
function messageOf(error: ApiError): string | Record<string, string[]> {
	if (!(error instanceof InvalidFieldsError)) return error.message;
	const message: Record<string, string[]> = {};
	for (const issue of error.issues) (message[issue.field] ??= []).push(issue.message);
	return message;
}
