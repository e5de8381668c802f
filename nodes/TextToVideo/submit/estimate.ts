/** Estimate Only: every field is checked, nothing is sent, and the item says what its video would cost. */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { ownMachineQuote } from '../../../jobs/ownMachine';
import { failure } from '../../../providers/replies/failures';
import { ItemError, ownFailure } from '../../shared/errors';
import type { Work } from './work';

export async function estimateItem(work: Work): Promise<INodeExecutionData> {
	const { context, run, provider, account, host } = work;
	const itemIndex = context.getItemIndex();
	const { problem, values } = run.item(itemIndex);
	if (problem) {
		const advice = 'Change the field. Nothing was submitted, this node only estimates.';
		throw new ItemError(
			ownFailure(provider, failure('invalid_request', problem, { accepted: 'no', advice })),
		);
	}
	const own = await ownMachineQuote(provider, account, values ?? {}, host);
	const { usd, seconds, basis = '' } = own ?? run.quoteOf(itemIndex) ?? {};
	const cost: IDataObject =
		seconds !== undefined
			? { seconds, basis }
			: usd === undefined
				? { unpriced: basis }
				: { quoted: usd, currency: 'USD', basis };
	return {
		json: { provider: provider.id, estimate: true, cost },
		pairedItem: { item: itemIndex },
	};
}
