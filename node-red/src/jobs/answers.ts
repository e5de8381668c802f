/** Messages that want to know something, and make no job. */
import type { NodeAPI } from 'node-red';
import { quoteFor } from '../../../jobs/quotes';
import type { RequestValues } from '../../../providers/contract';
import type { AccountHandle } from '../account/account';
import type { Message } from '../messages/message';
import { checkAccount } from '../money/accountState';
import { estimatedCost } from '../money/quote';
import { spendingOf } from '../money/spending';
import type { Answer } from './jobRun';

export const asksForAccount = ({ checkAccount: asked }: Message): boolean => asked === true;

/** Balance and queue, in `msg.payload`. */
export const accountAnswer = (RED: NodeAPI, handle: AccountHandle, msg: Message): Answer => ({
	async answer(signal) {
		const spending = spendingOf(RED, handle.id, handle.host.now);
		msg.payload = await checkAccount(handle, spending, signal);
		// The next node is not asked as well.
		delete msg.checkAccount;
		return msg;
	},
});

/** The price in `msg.cost`; the rest of the message goes on to the node that makes the video. */
export const estimateAnswer = (
	{ provider, account, host }: AccountHandle,
	values: RequestValues,
	msg: Message,
): Answer => ({
	async answer(signal) {
		msg.cost = estimatedCost(await quoteFor(provider, account, values, host, signal));
		return msg;
	},
});
