/** One submit, as often as the provider allows. */
import { randomUUID } from 'node:crypto';
import { requestOf } from '../../../jobs/host';
import { submitIdentity, submitJob as submit } from '../../../jobs/submit';
import type { Job, RequestValues } from '../../../providers/contract';
import { buildRequest } from '../../../providers/schema/wire';
import type { AccountHandle } from '../account/account';
import { JobError } from '../messages/errors';

/**
 * @param values validated
 * @param signal ends the waiting for a turn; a request that is on its way is heard out
 * @throws JobError that says whether the provider took the job
 */
export async function submitJob(
	{ provider, account, host, rateLimit }: AccountHandle,
	values: RequestValues,
	signal: AbortSignal,
): Promise<Job> {
	const request = requestOf(provider, account, buildRequest(provider, values));
	const { headers, requestId } = submitIdentity(provider, values, randomUUID());
	request.headers = { ...request.headers, ...headers };
	const send = async () => await host.http(request);
	const reading = await submit({
		...{ provider, account, values, send, host, rateLimit, signal },
		...(requestId ? { requestId } : {}),
	});
	if (!reading.job) throw new JobError(reading.failure);
	return reading.job;
}
