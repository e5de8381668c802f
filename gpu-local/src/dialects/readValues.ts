import type { Provider, RequestValues } from '../../../providers/contract';
import { issueText, validate } from '../../../providers/schema/validate';
import type { Issue } from '../../../providers/schema/validate';
import { isObject, readRequest } from '../../../providers/schema/wire';
import { ApiError } from '../videos/errors.ts';

/** The server checks callback addresses itself, so a local one is no mistake here. */
const OWN_ADDRESS = 'http://127.0.0.1';

/** A request that the provider's own document forbids; `issues` name every field. */
export class InvalidFieldsError extends ApiError {
	constructor(readonly issues: Issue[]) {
		super(400, 'invalid_request', issueText(issues), issues[0] ? { field: issues[0].field } : {});
	}
}

/** A body in a provider's dialect as field values, held against the provider's documented ranges. */
export function readValues(provider: Provider, body: unknown): RequestValues {
	if (!isObject(body)) {
		throw new ApiError(400, 'invalid_request', 'The request body is not a JSON object.');
	}
	const validation = validate(provider, readRequest(provider, body), OWN_ADDRESS);
	if (validation.values === undefined) throw new InvalidFieldsError(validation.issues);
	return validation.values;
}
