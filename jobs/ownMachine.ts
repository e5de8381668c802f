/** What a video costs on one's own machine: time, by what the machine's last videos took. */
import type { Provider, RequestValues } from '../providers/contract';
import type { Quote } from '../providers/prices/price';
import { failureText } from '../providers/replies/failureText';
import { buildRequest } from '../providers/schema/wire';
import { askProvider } from './askProvider';
import type { Account, Host } from './host';

/**
 * @param values validated
 * @returns `undefined` where the provider's machine is not one's own
 * @throws only where the signal was aborted
 */
export async function ownMachineQuote(
	provider: Provider,
	account: Account,
	values: RequestValues,
	host: Host,
	signal?: AbortSignal,
): Promise<Quote | undefined> {
	const { runTime } = provider;
	if (!runTime) return undefined;
	const { headers, body } = buildRequest(provider, values);
	const question = {
		call: () => ({ method: 'POST' as const, url: runTime.url, headers, body }),
		read: runTime.read,
	};
	const answer = await askProvider(provider, question, account, host, signal);
	if ('failure' in answer) {
		return {
			basis: `the machine could not say how long it takes: ${failureText(answer.failure).replace(/\.$/, '')}`,
		};
	}
	return answer.seconds === undefined
		? { basis: 'your own machine has not made a video with this model yet' }
		: {
				seconds: answer.seconds,
				basis: 'seconds of your own machine, by its last videos with this model',
			};
}
