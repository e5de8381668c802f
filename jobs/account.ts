/** What an account holds, asked of the provider. Submits nothing and costs nothing. */
import type { Provider, ProviderFailure } from '../providers/contract';
import { failureText } from '../providers/replies/failureText';
import { askProvider } from './askProvider';
import type { Account, Host } from './host';

export interface AccountState {
	balance?: number;
	/** ISO 4217, of the balance. */
	currency?: string;
	/** Jobs of the account in the provider's queue. */
	queued?: number;
	/** Why something of the above is missing. */
	hint?: string;
}

export type AccountAnswer =
	{ state: AccountState; failure?: undefined } | { state?: undefined; failure: ProviderFailure };

/** @throws only where the signal was aborted */
export async function askAccount(
	provider: Provider,
	account: Account,
	host: Host,
	signal?: AbortSignal,
): Promise<AccountAnswer> {
	const { balance, queueUse } = provider;
	const held = balance && (await askProvider(provider, balance, account, host, signal));
	if (held && 'failure' in held) return { failure: held.failure };
	const queue = queueUse && (await askProvider(provider, queueUse, account, host, signal));
	const queued = held?.value.queued ?? (queue && 'value' in queue ? queue.value : undefined);
	const hints = [
		...(held ? [] : [`${provider.account.title} publishes no balance that could be asked for.`]),
		...(queue && 'failure' in queue
			? [`The queue could not be asked: ${failureText(queue.failure)}`]
			: []),
	];
	return {
		state: {
			...(held ? { balance: held.value.amount, currency: held.value.currency } : {}),
			...(queued === undefined ? {} : { queued }),
			...(hints.length > 0 ? { hint: hints.join(' ') } : {}),
		},
	};
}
