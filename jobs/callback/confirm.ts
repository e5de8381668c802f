/**
 * What of an accepted message is true. Where nothing proved who sent it, the provider is asked for the job, and only
 * its own answer is passed on: a forged callback achieves one question to the provider and nothing else.
 */
import { isFinal, type Job, type Provider, type ProviderFailure } from '../../providers/contract';
import { mayCarryKey } from '../../providers/hosts';
import { loggedFailure } from '../../providers/replies/failureText';
import { newJob } from '../../providers/replies/job';
import type { Account, Host } from '../host';
import { givesUp, pollOnce } from '../poll';
import { createDeduplication, type Deduplication } from './deduplication';
import { eventOf, isWanted, stateKey, type CallbackEvent } from './events';
import type { CallbackResult } from './receive';

export interface CallbackContext {
	provider: Provider;
	account: Account;
	result: CallbackResult;
	events: readonly CallbackEvent[];
	/** Ask the provider where nobody signed. */
	confirm: boolean;
	seen: Deduplication;
	host: Host;
	signal?: AbortSignal;
}

/** @returns the job to start the workflow with, if any */
export async function confirmJob(callback: CallbackContext): Promise<Job | undefined> {
	const { result, events, confirm, provider } = callback;
	const { job } = result;
	if (!job) return undefined;
	if (result.event === 'test') return await confirmTestEvent(callback, job);
	if (result.trusted || !confirm) return job;
	const { host, seen, account, signal } = callback;
	const confirmed = await confirmCallback(result, {
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
async function confirmTestEvent(callback: CallbackContext, told: Job): Promise<Job | undefined> {
	const { seen, host } = callback;
	const message = `test ${told.provider} ${told.jobId} ${told.status}`;
	if (!seen.add(message, host.now())) return undefined;
	const job = await confirmTest(callback, told);
	if (!job) seen.forget(message);
	return job;
}

async function confirmTest(callback: CallbackContext, told: Job): Promise<Job | undefined> {
	const { provider, account, result, events, confirm, host, signal } = callback;
	const wanted = (job: Job) => events.includes('test') || events.includes(eventOf(job, false));
	if (!confirm) return wanted(told) ? told : undefined;
	// What is true of the job is no news yet, for the real message may still come: a memory of its own.
	const confirmed = await confirmCallback(result, {
		...{ provider, account, seen: createDeduplication(), host, atOnce: true },
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

export type Confirmation =
	| { job: Job; event: CallbackEvent; problem?: undefined }
	/** Nothing to pass on; `problem` where the provider could not be asked. */
	| { job?: undefined; reason: string; problem?: ProviderFailure };

export interface ConfirmOptions {
	provider: Provider;
	account: Account;
	events?: readonly CallbackEvent[];
	seen: Deduplication;
	host: Host;
	/** Do not wait for an end that the provider does not show yet. */
	atOnce?: boolean;
	signal?: AbortSignal;
}

/**
 * Some providers call before their own answer shows the end, and call only once. They are asked again for this long, at
 * first after two seconds, then ever more rarely: whoever makes up an end gains a dozen questions.
 */
const EARLY_CALLBACK_MS = 10 * 60_000;
const FIRST_EARLY_PAUSE_MS = 2_000;
const LONGEST_EARLY_PAUSE_MS = 60_000;

const CONFIRM_DELAYS_MS = [2_000, 8_000, 30_000, 120_000];

/**
 * @returns the job as the provider itself tells it
 * @throws only where the signal was aborted
 */
export async function confirmCallback(
	result: CallbackResult,
	{ provider, account, events, seen, host, atOnce, signal }: ConfirmOptions,
): Promise<Confirmation> {
	const { job: told, event } = result;
	if (!told || !event) return { reason: result.reason };
	if (result.trusted) return { job: told, event };
	const question = questionFor(provider, account, told, host.now());
	const endMs = host.now() + (atOnce ? 0 : EARLY_CALLBACK_MS);
	let failures = 0;
	let pauseMs = FIRST_EARLY_PAUSE_MS;
	for (;;) {
		const reading = await pollOnce(provider, account, question, host, signal);
		if (reading.job) {
			const isEarly = isFinal(told.status) && !isFinal(reading.job.status);
			if (!isEarly || host.now() + pauseMs > endMs) return asConfirmed(told, reading.job);
			failures = 0;
			await host.sleep(pauseMs, signal);
			pauseMs = Math.min(pauseMs * 2, LONGEST_EARLY_PAUSE_MS);
			continue;
		}
		const delayMs = CONFIRM_DELAYS_MS[failures];
		failures += 1;
		if (delayMs === undefined || givesUp(reading.failure, failures, Infinity)) {
			seen.forget(stateKey(told));
			return {
				reason: `The provider could not confirm job ${told.jobId}: ${loggedFailure(reading.failure)}`,
				problem: reading.failure,
			};
		}
		await host.sleep(delayMs, signal);
	}

	function asConfirmed(claimed: Job, real: Job): Confirmation {
		const realEvent = eventOf(real, false);
		if (stateKey(real) !== stateKey(claimed)) {
			// The claim was early or forged. What really is the case counts, and the claim may still come true.
			seen.forget(stateKey(claimed));
			if (!isWanted(events, realEvent) || !seen.add(stateKey(real), host.now())) {
				return { reason: `Job ${real.jobId} is ${real.status} at the provider.` };
			}
		}
		return { job: real, event: realEvent };
	}
}

/**
 * Only the id is taken from a message that nobody signed. An address to ask at would let the sender answer the
 * question himself, unless it lies where the account's key may go and is about this very job.
 */
function questionFor(provider: Provider, account: Account, told: Job, nowMs: number): Job {
	const { fetchUrl, trackingId } = told;
	const trustworthy =
		fetchUrl?.endsWith(`/${encodeURIComponent(told.jobId)}`) &&
		mayCarryKey(fetchUrl, account.baseUrl, provider.account.keyHosts);
	return {
		...newJob(provider.id, told.jobId, nowMs),
		...(trackingId ? { trackingId } : {}),
		...(trustworthy ? { fetchUrl } : {}),
	};
}
