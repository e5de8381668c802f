/** How long a model takes by its provider's own figures, for the first jobs of a kind, from which nothing was learned yet. */
import type { Provider, RequestValues } from '../providers/contract';
import { requestOf, type Account, type Host } from './host';
import { RecentAnswers } from './recentAnswers';

/** A figure that does not come must not hold the first question up. */
const LONGEST_LOOK_MS = 5_000;
const KEEP_MS = 60 * 60_000;
const MOST_KEPT = 200;

type Times = { usual: number; longest: number } | undefined;

const recent = new RecentAnswers<Times>(KEEP_MS, MOST_KEPT);

/**
 * @param provider as it stands for the model
 * @param values validated; they name the model
 * @returns the provider itself where it publishes nothing, can not be asked, or where something was learned already
 */
export async function withPublishedTimes(
	provider: Provider,
	account: Account,
	values: RequestValues,
	host: Host,
): Promise<Provider> {
	const { runTimes, limits } = provider;
	const model = values.model;
	if (!runTimes || typeof model !== 'string' || (limits.learnedSeconds ?? []).length > 0) {
		return provider;
	}
	const times = await recent.of(`${account.baseUrl} ${model}`, host.now(), () =>
		look(provider, account, model, host),
	);
	if (!times) return provider;
	const { usual, longest } = times;
	return {
		...provider,
		limits: {
			...limits,
			typicalSeconds: usual,
			longestSeconds: Math.max(longest, limits.longestSeconds ?? 0),
		},
	};
}

async function look(
	provider: Provider,
	account: Account,
	model: string,
	host: Host,
): Promise<Times> {
	const { call, read } = provider.runTimes!;
	try {
		// Needs no key, so it is not sent along.
		const request = { ...requestOf(provider, account, call(model)), authenticate: false };
		return read(await host.http(request, AbortSignal.timeout(LONGEST_LOOK_MS)), model);
	} catch {
		// What the documents say does as well.
		return undefined;
	}
}
