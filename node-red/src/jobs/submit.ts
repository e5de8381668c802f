/** One submit, as often as the provider allows. */
import { randomUUID } from 'node:crypto';
import { requestOf } from '../../../jobs/host';
import { submitJob as submit } from '../../../jobs/submit';
import type { Job, Provider, RequestValues } from '../../../providers/contract';
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
	request.headers = { ...request.headers, ...idempotencyKey(provider) };
	const send = async () => await host.http(request);
	const reading = await submit({ provider, account, values, send, host, rateLimit, signal });
	if (!reading.job) throw new JobError(reading.failure);
	return reading.job;
}

/** The same over all attempts of one submit, so that a server which keeps such keys makes one job of them. */
function idempotencyKey({ capabilities }: Provider): Record<string, string> {
	return capabilities.idempotencyHeader ? { [capabilities.idempotencyHeader]: randomUUID() } : {};
}
