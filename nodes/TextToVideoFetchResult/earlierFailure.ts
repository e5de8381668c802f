/** The failure that an earlier step of ours hands on. */
import { isJob } from '../../jobs/resolveJob';
import type { Accepted, ProviderFailure } from '../../providers/contract';
import { isObject } from '../../providers/schema/wire';
import type { ItemFailure } from '../shared/errors';

/** The failure in an item that an earlier node of ours passed on with "On Error: Continue". */
export function failureIn(json: unknown): ItemFailure | undefined {
	if (!isObject(json) || !isObject(json.details)) return undefined;
	const { message, details } = json;
	const { accepted, description, provider, failure, job } = details;
	if (typeof message !== 'string' || !/^(no|unknown|yes)$/.test(String(accepted))) return undefined;
	return {
		message,
		accepted: accepted as Accepted,
		description: String(description ?? ''),
		provider: String(provider ?? ''),
		...(isObject(failure) ? { failure: failure as unknown as ProviderFailure } : {}),
		...(isJob(job) ? { job } : {}),
	};
}
