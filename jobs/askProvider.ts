/** A question to the provider that is about no job: it submits nothing and costs nothing. */
import type { HttpCall, Provider, ProviderFailure, Reply } from '../providers/contract';
import { failure, questionFailure } from '../providers/replies/failures';
import { requestOf, type Account, type Host } from './host';
import { isAbort, transportFailure } from './transportErrors';

export interface Question<T extends object> {
	call(): HttpCall;
	read(reply: Reply): T | { failure: ProviderFailure };
}

/**
 * @returns what the provider answered; a `network` failure where it could not be reached
 * @throws only where the signal was aborted
 */
export async function askProvider<T extends object>(
	provider: Provider,
	question: Question<T>,
	account: Account,
	host: Host,
	signal?: AbortSignal,
): Promise<T | { failure: ProviderFailure }> {
	try {
		const reply = await host.http(requestOf(provider, account, question.call()), signal);
		const answer = question.read(reply);
		return 'failure' in answer ? { failure: questionFailure(answer.failure) } : answer;
	} catch (error) {
		if (isAbort(error)) throw error;
		const message = `${provider.account.title} could not be reached (${transportFailure(error).message}).`;
		return {
			failure: failure('network', message, {
				accepted: 'no',
				advice: 'Check the base URL, the proxy and the network. Nothing was submitted.',
			}),
		};
	}
}
