/** One submit, at the pace that the provider allows. */
import { randomUUID } from 'node:crypto';
import { requestOf } from '../../jobs/host';
import { submitOnce } from '../../jobs/submit';
import type { Job, Provider, RequestValues } from '../../providers/contract';
import { withTracking } from '../../providers/replies/job';
import { buildRequest } from '../../providers/schema/wire';
import type { AccountHandle } from './account';
import { JobError } from './problems';

/**
 * @param values validated
 * @param signal ends the waiting for a turn; a request that is on its way is heard out
 * @throws JobError that says whether the provider took the job
 */
export async function submitJob(
	{ provider, account, host, pace }: AccountHandle,
	values: RequestValues,
	signal: AbortSignal,
): Promise<Job> {
	await pace(signal);
	const request = requestOf(provider, account, buildRequest(provider, values));
	request.headers = { ...request.headers, ...idempotencyKey(provider) };
	const reading = await submitOnce(
		() => host.http(request),
		(reply) => provider.readSubmit(reply, values, { nowMs: host.now(), baseUrl: account.baseUrl }),
		host,
		{ signal, idempotent: provider.capabilities.idempotencyHeader !== undefined },
	);
	if (!reading.job) throw new JobError(reading.failure);
	return withTracking(provider, reading.job, values);
}

/** The same over all attempts of one submit, so that a server which keeps such keys makes one job of them. */
function idempotencyKey({ capabilities }: Provider): Record<string, string> {
	return capabilities.idempotencyHeader ? { [capabilities.idempotencyHeader]: randomUUID() } : {};
}
