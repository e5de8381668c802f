import type { ApiError, ApiErrorCode } from '../../videos/errors.ts';

/** Novita's `reason` words (its "Basic error code" page). */
const REASONS: Partial<Record<ApiErrorCode, string>> = {
	invalid_api_key: 'INVALID_API_KEY',
	not_allowed: 'API_NOT_ALLOWED',
	not_found: 'TASK_NOT_FOUND',
	too_many_requests: 'RATE_LIMIT_EXCEEDED',
	queue_full: 'RATE_LIMIT_EXCEEDED',
	disk_full: 'CREATE_TASK_FAILED',
	unavailable: 'CREATE_TASK_FAILED',
	internal: 'CREATE_TASK_FAILED',
};
const STATUS: Partial<Record<ApiErrorCode, number>> = {
	invalid_api_key: 403,
	model_not_found: 400,
};

export const novitaStatus = ({ code, status }: ApiError): number => STATUS[code] ?? status;

/** `{code, reason, message, metadata}`. */
export const novitaError = (
	error: ApiError,
	status = novitaStatus(error),
	reason = REASONS[error.code] ?? 'INVALID_REQUEST_BODY',
): object => ({
	code: status,
	reason,
	message: error.message,
	metadata: error.detail.field === undefined ? {} : { field: error.detail.field },
});
