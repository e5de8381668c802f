/**
 * Room in the provider's queue: where an account can be asked how many jobs it has there, the next one is submitted only
 * when there is room, instead of collecting refusals.
 */
import type { Provider } from '../providers/contract';
import { askProvider } from './askProvider';
import { createConcurrencyLimit } from './concurrency';
import type { Account, Host } from './host';

/** A provider allows 30 such questions a minute; a job takes longer than that anyway. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 30_000;
/** Then the provider decides, in its own words: its count may be wrong for ever. */
const LONGEST_WAIT_MS = 15 * 60_000;

export interface FullQueue {
	/** Jobs of the account there, and ours on their way there. */
	jobs: number;
	limit: number;
	/** When it is asked again, in Unix milliseconds. */
	nextAtMs: number;
}

export interface RoomOptions {
	signal?: AbortSignal;
	/** Told each time there is no room. */
	onFull?(queue: FullQueue): void;
}

/** To be called when the submit has its answer: the provider itself counts the job from then on. */
export type LeaveLine = () => void;

interface Line {
	/** Asks for one after the other, so that not two find the same room. */
	turn: ReturnType<typeof createConcurrencyLimit>;
	/** Let through, and not counted by the provider yet. */
	onTheirWay: number;
}

/** One for all nodes of this process that use the same account's address. */
const lines = new Map<string, Line>();

/** @throws only where the signal was aborted */
export async function waitForRoom(
	provider: Provider,
	account: Account,
	host: Host,
	{ signal, onFull }: RoomOptions = {},
): Promise<LeaveLine> {
	const { queueUse, limits } = provider;
	if (!queueUse) return () => undefined;
	const key = `${provider.account.title} ${account.baseUrl}`;
	const line = lines.get(key) ?? { turn: createConcurrencyLimit(1), onTheirWay: 0 };
	lines.set(key, line);
	await line.turn(async () => {
		const endMs = host.now() + LONGEST_WAIT_MS;
		for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
			const answer = await askProvider(provider, queueUse, account, host, signal);
			// Who can not be asked is not waited for: the submit will tell.
			const jobs = 'value' in answer ? answer.value + line.onTheirWay : 0;
			if (jobs < limits.parallelJobs || host.now() + pauseMs > endMs) break;
			onFull?.({ jobs, limit: limits.parallelJobs, nextAtMs: host.now() + pauseMs });
			await host.sleep(pauseMs, signal);
		}
		line.onTheirWay += 1;
	}, signal);
	let left = false;
	return () => {
		if (!left) line.onTheirWay -= 1;
		left = true;
	};
}
