/** A request that is answered with an error. Each dialect puts it into its own words and shape. */
export class ApiError extends Error {
	override readonly name = 'ApiError';

	constructor(
		/** HTTP status. */
		readonly status: number,
		readonly code: ApiErrorCode,
		/** What happened, and what to do, in plain words. */
		message: string,
		readonly detail: { field?: string; retryAfterSeconds?: number } = {},
	) {
		super(message);
	}
}

export type ApiErrorCode =
	| 'invalid_request'
	| 'model_not_found'
	| 'unsupported_field'
	| 'unsupported_operation'
	| 'invalid_api_key'
	| 'not_allowed'
	| 'not_found'
	| 'method_not_allowed'
	| 'not_ready'
	| 'expired'
	| 'conflict'
	| 'too_large'
	| 'range'
	| 'queue_full'
	| 'too_many_requests'
	| 'disk_full'
	| 'unavailable'
	| 'internal';

export const notFound = (what: string): ApiError =>
	new ApiError(
		404,
		'not_found',
		`There is no ${what}. Check the id, and that it is this server's.`,
	);
