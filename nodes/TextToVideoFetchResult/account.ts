/** Check Account: what the account holds, and how much of the provider's queue it uses. Costs nothing. */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { askAccount } from '../../jobs/account';
import { ItemError, providerFailure } from '../shared/errors';
import { signalOf } from '../shared/output';
import type { Settling } from '../shared/settle';

export async function checkAccount(settling: Settling): Promise<INodeExecutionData> {
	const { context, provider, account, host } = settling;
	const answer = await askAccount(provider, account, host, signalOf(context).signal);
	if (answer.failure) throw new ItemError(providerFailure(provider, answer.failure));
	const json = { provider: provider.id, ...answer.state } as unknown as IDataObject;
	return { json, pairedItem: { item: context.getItemIndex() } };
}
