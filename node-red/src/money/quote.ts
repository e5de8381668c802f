/** What a message's video will cost: said beforehand, and held against the limits of the node and of the account. */
import { quoteFor } from '../../../jobs/quotes';
import type { Refusal } from '../../../jobs/reservations';
import type { Job, RequestValues } from '../../../providers/contract';
import type { Quote } from '../../../providers/prices/price';
import { videoCountOf } from '../../../providers/schema/videoCount';
import { isObject } from '../../../providers/schema/wire';
import type { AccountHandle } from '../account/account';
import type { Translate } from '../i18n/translate';
import { refused } from '../messages/errors';
import type { Spending } from './spending';

/** As it stands in `msg.cost` before there is a job. */
export type EstimatedCost =
	{ quoted: number; currency: 'USD'; basis: string } | { unpriced: string };

export const estimatedCost = ({ usd, basis }: Quote): EstimatedCost =>
	usd === undefined ? { unpriced: basis } : { quoted: usd, currency: 'USD', basis };

/** What the job was to cost stands beside what it did cost. */
export const withQuote = (job: Job, quoted: number | undefined): Job =>
	quoted === undefined ? job : { ...job, cost: { ...job.cost, quoted } };

/** Whether a property of the message is what one of these nodes put there, and no value of the flow's own. */
export const isOurCost = (cost: unknown): boolean =>
	cost === undefined ||
	(isObject(cost) && ['quoted', 'unpriced', 'usd', 'credits'].some((name) => name in cost));

export interface SpendingLimits {
	/** USD, of one message. */
	maximumCost?: number;
	/** USD, of all nodes of the account on one day. */
	dailyLimit?: number;
	/** What has no price is submitted all the same. */
	allowUnpriced: boolean;
}

export interface Submit {
	values: RequestValues;
	/** Of the submit, the same for all its sendings. */
	key: string;
	signal: AbortSignal;
}

export interface Budgeted {
	/** What the job was quoted at. Never rejects. */
	quoted: Promise<number | undefined>;
	/** The provider certainly did not take the job. */
	release(): void;
	/** The job exists, or may. */
	settle(): void;
}

/**
 * Without limits the price is asked for beside the submit, which it must not hold up.
 *
 * @throws JobError where the video would cost too much; nothing is reserved then
 */
export async function budgetFor(
	handle: AccountHandle,
	spending: Spending,
	limits: SpendingLimits,
	{ values, key, signal }: Submit,
	t: Translate,
): Promise<Budgeted> {
	const { provider, account, host } = handle;
	const quoting = quoteFor(provider, account, values, host, signal);
	const quoted = quoting.then(
		({ usd }) => usd,
		() => undefined,
	);
	const { maximumCost, dailyLimit, allowUnpriced } = limits;
	if (maximumCost === undefined && dailyLimit === undefined) {
		return { quoted, release: () => undefined, settle: () => undefined };
	}
	const { usd, basis } = await quoting;
	if (usd === undefined && !allowUnpriced) {
		throw refused(t('error.unpriced', { reason: basis }), t('advice.unpriced'));
	}
	if (maximumCost !== undefined && (usd ?? 0) > maximumCost) {
		const values = { usd: usd ?? 0, limit: maximumCost, basis };
		throw refused(t('error.over-maximum-cost', values), t('advice.over-maximum-cost'));
	}
	if (dailyLimit === undefined) {
		return { quoted, release: () => undefined, settle: () => undefined };
	}
	const wanted = { jobs: videoCountOf(provider, values), ...(usd === undefined ? {} : { usd }) };
	const refusal = await spending.reserve(key, wanted, { maximumCost: dailyLimit, allowUnpriced });
	if (refusal) throw overDay(refusal, t);
	return {
		quoted,
		release: () => spending.release(key),
		settle: () => spending.settle(key),
	};
}

function overDay(refusal: Refusal, t: Translate) {
	const { held, wanted, limit } = refusal as Exclude<Refusal, { reason: 'unpriced' }>;
	return refused(
		t('error.over-daily-limit', { usd: wanted, spent: held, limit }),
		t('advice.over-daily-limit'),
	);
}
