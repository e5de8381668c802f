/** What models cost, for a list to choose from: asked of the provider each time it is opened, so that it is never old. */
import type { Provider } from '../providers/contract';
import { priceText } from '../providers/prices/priceText';
import { requestOf, type Account, type Host } from './host';

/**
 * @param models by the names that a submit takes
 * @returns the price in words by model, as far as the provider publishes it and can be reached
 */
export async function modelPrices(
	{ pricing, ...provider }: Provider,
	account: Account,
	models: readonly string[],
	host: Pick<Host, 'http'>,
	signal?: AbortSignal,
): Promise<Record<string, string>> {
	if (!pricing?.callAll) return {};
	// Prices need no key, so it is not sent along.
	const request = { ...requestOf(provider, account, pricing.callAll()), authenticate: false };
	try {
		const reply = await host.http(request, signal);
		return Object.fromEntries(
			models.flatMap((model) => {
				const text = priceText(pricing.read(reply, model));
				return text === undefined ? [] : [[model, text]];
			}),
		);
	} catch {
		// A list without prices is still a list.
		return {};
	}
}
