/** One submit, as often as the provider allows. */
import { requestOf } from '../../../jobs/host';
import { submitIdentity, submitJob as submit } from '../../../jobs/submit';
import type { Job, Provider, RequestValues } from '../../../providers/contract';
import { buildRequest } from '../../../providers/schema/wire';
import type { AccountHandle } from '../account/account';
import { providerError } from '../messages/errors';
import type { WriteIntent } from './jobRun';

export interface JobSubmit {
	/** Validated. */
	values: RequestValues;
	/** Ours, the same for all sendings of one submit. */
	key: string;
	writeIntent: WriteIntent;
	/** Ends the waiting for a turn; a request that is on its way is awaited to its reply. */
	signal: AbortSignal;
}

/** @throws JobError that says whether the provider took the job */
export async function submitJob(
	{ provider, account, host, rateLimit }: AccountHandle,
	{ values, key, writeIntent, signal }: JobSubmit,
): Promise<Job> {
	const request = requestOf(provider, account, buildRequest(provider, values));
	const { headers, requestId } = submitIdentity(provider, values, key);
	request.headers = { ...request.headers, ...headers };
	const identity = requestId ? { requestId } : {};
	const send = async () => {
		const kept = isRepeatable(provider) ? { values } : {};
		await writeIntent({ key, provider: provider.id, ...identity, ...kept });
		return await host.http(request);
	};
	const reading = await submit({
		...{ provider, account, values, send, host, rateLimit, signal },
		...identity,
	});
	if (!reading.job) throw providerError(provider, reading.failure);
	return reading.job;
}

/** Whether the same request, sent again, makes no second job. */
export const isRepeatable = ({ capabilities }: Provider): boolean =>
	capabilities.idempotencyHeader !== undefined;
