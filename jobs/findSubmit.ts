/**
 * A submit whose outcome nobody knows is looked up at the provider, by the request id that went along. Found: the job is
 * attached to. Not found proves nothing where the provider's log may come late, so the doubt then stays.
 */
import type { Job, Provider, ProviderFailure, SubmitLogEntry } from '../providers/contract';
import { failureText } from '../providers/replies/failureText';
import { newJob } from '../providers/replies/job';
import { askProvider } from './askProvider';
import type { Account, Host } from './host';

/**
 * When to look, in seconds after the submit: soon, for a log that keeps up, then ever more rarely, for one that is
 * written when the video is done. Who waits for longer looks with Fetch Result.
 */
const LOOK_AT_SECONDS = [3, 10, 30, 75, 180] as const;

export type FoundSubmit =
	| { outcome: 'found'; job: Job; looked: string }
	/** Not in the list, or not for certain. `looked` says where, how often and what was there. */
	| { outcome: 'unknown'; looked: string };

export interface FindOptions {
	signal?: AbortSignal;
	/** Looks once and at once: the submit was long ago. */
	once?: boolean;
}

/**
 * @param requestId our own id, which went along with the submit
 * @param submittedAtMs Unix milliseconds
 */
export async function findSubmit(
	provider: Provider,
	account: Account,
	requestId: string,
	submittedAtMs: number,
	host: Host,
	{ signal, once = false }: FindOptions = {},
): Promise<FoundSubmit | undefined> {
	const { submitLog } = provider;
	if (!submitLog) return undefined;
	let looks = 0;
	let latest = '';
	// A list that bears nothing of ours says no more at a second look.
	const delays = submitLog.bearsRequestId ? LOOK_AT_SECONDS : LOOK_AT_SECONDS.slice(0, 1);
	for (const seconds of once ? [0] : delays) {
		const waitMs = submittedAtMs + seconds * 1000 - host.now();
		if (waitMs > 0 && !once) await host.sleep(waitMs, signal);
		looks += 1;
		const answer = await askProvider(provider, submitLog, account, host, signal);
		if ('failure' in answer) {
			const { code } = answer.failure;
			latest = `it could not be ${code === 'network' ? 'reached' : 'read'}: ${failureText(answer.failure).replace(/\.$/, '')}`;
			// Who may not look now may not look in a minute either.
			if (code === 'invalid_key' || code === 'not_allowed' || code === 'not_found') break;
			continue;
		}
		const { entries } = answer;
		const ids = [
			...new Set(
				entries.filter((entry) => entry.requestId === requestId).map(({ jobId }) => jobId),
			),
		];
		const [jobId] = ids;
		if (ids.length === 1 && jobId) {
			const job = newJob(provider.id, jobId, submittedAtMs);
			return { outcome: 'found', job: { ...job, requestId }, looked: told(looks, `job ${jobId}`) };
		}
		if (ids.length > 1) {
			return { outcome: 'unknown', looked: told(looks, `several jobs bear it: ${ids.join(', ')}`) };
		}
		latest = submitLog.bearsRequestId ? 'no job with it is there yet' : newestIds(entries);
	}
	return { outcome: 'unknown', looked: told(looks, latest) };

	function told(times: number, found: string): string {
		const often = times === 1 ? 'once' : `${times} times`;
		const by = submitLog!.bearsRequestId ? ` for request ${requestId}` : '';
		return `${submitLog!.title} was looked through ${often}${by}: ${found}.`;
	}
}

export type RecentJobs = { jobs: Job[]; failure?: undefined } | { failure: ProviderFailure };

/**
 * The account's newest jobs, for who lost an id. Only their ids are known; Fetch Result asks for the rest.
 *
 * @returns `undefined` where the provider has no list
 * @throws only where the signal was aborted
 */
export async function recentJobs(
	provider: Provider,
	account: Account,
	host: Host,
	signal?: AbortSignal,
): Promise<RecentJobs | undefined> {
	const { submitLog } = provider;
	if (!submitLog) return undefined;
	const answer = await askProvider(provider, submitLog, account, host, signal);
	if ('failure' in answer) return answer;
	const jobs = answer.entries.map(({ jobId, requestId }) => ({
		...newJob(provider.id, jobId, host.now()),
		...(requestId ? { requestId } : {}),
	}));
	return { jobs };
}

const newestIds = (entries: readonly SubmitLogEntry[]): string =>
	entries.length === 0
		? 'it holds no job'
		: `its newest jobs are ${entries
				.slice(0, 5)
				.map(({ jobId }) => jobId)
				.join(', ')}`;
