/** Which of the accepted messages are believed, and what of them. */
import { confirmCallback, eventOf, type CallbackEvent, type CallbackResult } from './receive';
import type { Account, Host } from '../host';
import { createDeduplication, type Deduplication } from './deduplication';
import type { Job, Provider } from '../../providers/contract';

export interface CallbackContext {
	provider: Provider;
	account: Account;
	receipt: CallbackResult;
	events: readonly CallbackEvent[];
	/** Ask the provider where nobody signed. */
	confirm: boolean;
	seen: Deduplication;
	host: Host;
	signal?: AbortSignal;
}

/** @returns the job to start the workflow with, if any */
export async function believe(reception: CallbackContext): Promise<Job | undefined> {
	const { receipt, events, confirm, provider } = reception;
	const { job } = receipt;
	if (!job) return undefined;
	if (receipt.event === 'test') return await believeTest(reception, job);
	if (receipt.trusted || !confirm) return job;
	const { host, seen, account, signal } = reception;
	const confirmed = await confirmCallback(receipt, {
		...{ provider, account, events, seen, host },
		...(signal ? { signal } : {}),
	});
	if (!confirmed.job) host.log?.('warn', confirmed.reason);
	return confirmed.job;
}

/**
 * A test event says of itself that it is none, so it gets no credit for that: the provider is asked as always, and
 * what it confirms starts the workflow like a real event, marked. Some test modes tell of jobs that do not exist. Of
 * those, only the bare news is passed on, and only where the user asked for test events.
 */
async function believeTest(reception: CallbackContext, told: Job): Promise<Job | undefined> {
	const { seen, host } = reception;
	const message = `test ${told.provider} ${told.jobId} ${told.status}`;
	if (!seen.add(message, host.now())) return undefined;
	const job = await confirmTest(reception, told);
	if (!job) seen.forget(message);
	return job;
}

async function confirmTest(reception: CallbackContext, told: Job): Promise<Job | undefined> {
	const { provider, account, receipt, events, confirm, host, signal } = reception;
	const wanted = (job: Job) => events.includes('test') || events.includes(eventOf(job, false));
	if (!confirm) return wanted(told) ? told : undefined;
	// What is true of the job is no news yet, for the real message may still come: a memory of its own.
	const confirmed = await confirmCallback(receipt, {
		...{ provider, account, seen: createDeduplication(), host },
		...(signal ? { signal } : {}),
	});
	if (confirmed.job) {
		return wanted(confirmed.job) ? { ...confirmed.job, testEvent: true } : undefined;
	}
	if (confirmed.problem?.code === 'not_found' && events.includes('test')) {
		return {
			...told,
			videos: [],
			warnings: ['A test event: the provider does not know this job, so its video was left out.'],
		};
	}
	host.log?.('warn', `A test event was ignored. ${confirmed.reason}`);
	return undefined;
}
