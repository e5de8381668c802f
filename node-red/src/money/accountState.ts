/** What the account holds, and what its nodes spent today. Submits nothing and costs nothing. */
import { askAccount, type AccountState } from '../../../jobs/account';
import type { AccountHandle } from '../account/account';
import { providerError } from '../messages/errors';
import type { Spending } from './spending';

export interface CheckedAccount extends AccountState {
	provider: string;
	/** By the quotes; where the account has a daily limit. */
	spentToday?: { usd: number; jobs: number; limit: number | string };
}

/** @throws JobError where the provider does not say */
export async function checkAccount(
	{ provider, account, host, dailyLimit = '' }: AccountHandle,
	spending: Spending,
	signal: AbortSignal,
): Promise<CheckedAccount> {
	const { state, failure } = await askAccount(provider, account, host, signal);
	if (failure) throw providerError(provider, failure);
	const hasLimit = String(dailyLimit).trim() !== '';
	return {
		provider: provider.id,
		...state,
		...(hasLimit ? { spentToday: { ...(await spending.today()), limit: dailyLimit } } : {}),
	};
}
