import type { Account } from '../../jobs/host';
import { createRateLimit } from '../../jobs/concurrency';
import type { Provider } from '../../providers/contract';
import { sleepOrStop } from './host';

/** One pace for all executions of this process that use the same service. */
const pacers = new Map<string, ReturnType<typeof createRateLimit>>();

export function pacerOf(provider: Provider, account: Account): ReturnType<typeof createRateLimit> {
	const key = `${provider.id} ${account.baseUrl}`;
	let pacer = pacers.get(key);
	if (!pacer) {
		const clock = { now: Date.now, sleep: sleepOrStop };
		pacer = createRateLimit(provider.limits.requestsPerMinute, clock);
		pacers.set(key, pacer);
	}
	return pacer;
}
