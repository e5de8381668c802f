/** The failure that an earlier step of ours hands on. */
import { isJob } from '../../jobs/resolveJob';
import { isObject } from '../../providers/schema/wire';
import type { ItemFailure } from '../shared/errors';

/** The failure in an item that an earlier node of ours passed on with "On Error: Continue". */
export function failureIn(json: unknown): ItemFailure | undefined {
	if (!isObject(json) || !isObject(json.details)) return undefined;
	const { message, details } = json;
	const { accepted, description, provider, job } = details;
	if (typeof message !== 'string' || !/^(no|unknown|yes)$/.test(String(accepted))) return undefined;
	return {
		...(details as unknown as Pick<ItemFailure, 'accepted' | 'failure'>),
		message,
		description: String(description ?? ''),
		provider: String(provider ?? ''),
		...(isJob(job) ? { job } : {}),
	};
}
