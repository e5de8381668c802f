/** What a request will cost, before it is sent: by the provider's published price, which anyone may ask for. */
import type { Provider, RequestValues } from '../providers/contract';
import { quoteOf, type Price, type Quote } from '../providers/prices/price';
import { videoCountOf } from '../providers/schema/videoCount';
import { requestOf, type Account, type Host } from './host';
import { RecentAnswers } from './recentAnswers';
import { isAbort, transportFailure } from './transportErrors';

/** A price list that does not answer must not hold a run up. */
const LONGEST_LOOK_MS = 10_000;
const KEEP_MS = 5 * 60_000;
const MOST_KEPT = 200;

type Looked = { price: Price | undefined } | { problem: string };

const prices = new RecentAnswers<Looked>(KEEP_MS, MOST_KEPT);

/**
 * @param values validated
 * @returns the quote; without a figure, and with the reason, where there is none
 * @throws only where the signal was aborted
 */
export async function quoteFor(
	provider: Provider,
	account: Account,
	values: RequestValues,
	host: Host,
	signal?: AbortSignal,
): Promise<Quote> {
	const { pricing } = provider;
	if (!pricing) {
		return { basis: `${provider.account.title} publishes no prices that could be asked for` };
	}
	const { model, ...priced } = pricing.priced(values);
	const videos = videoCountOf(provider, values);
	const looked = await priceOf(provider, account, model, host);
	signal?.throwIfAborted();
	return 'problem' in looked
		? { basis: looked.problem }
		: quoteOf(looked.price, { ...priced, videos });
}

/** One question for all items of a run, and for the runs of the next minutes. */
function priceOf(provider: Provider, account: Account, model: string, host: Host): Promise<Looked> {
	const key = `${account.baseUrl} ${model}`;
	return prices.of(key, host.now(), async () => {
		const looked = await look(provider, account, model, host);
		// What could not be asked is asked again by the next run.
		if ('problem' in looked) prices.forget(key);
		return looked;
	});
}

async function look(
	provider: Provider,
	account: Account,
	model: string,
	host: Host,
): Promise<Looked> {
	const pricing = provider.pricing!;
	try {
		const request = {
			...requestOf(provider, account, pricing.call(model)),
			// Prices need no key, so it is not sent along.
			authenticate: false,
		};
		const reply = await host.http(request, AbortSignal.timeout(LONGEST_LOOK_MS));
		return reply.status < 300
			? { price: pricing.read(reply, model) }
			: { problem: `the price list answered with HTTP ${reply.status}` };
	} catch (error) {
		const why = isAbort(error) ? 'no answer in time' : transportFailure(error).message;
		return { problem: `the price list could not be reached (${why})` };
	}
}
