/** What an earlier step of ours hands on: a whole job, or the failure that it ended with. */
import type { Job } from '../../providers/contract';
import { isObject } from '../../providers/schema/wire';
import type { ItemFailure } from './errors';

/** Whether a value is a whole job, as our nodes give it. */
export const isJob = (value: unknown): value is Job =>
	isObject(value) &&
	typeof value.jobId === 'string' &&
	typeof value.provider === 'string' &&
	typeof value.status === 'string' &&
	Array.isArray(value.videos);

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
