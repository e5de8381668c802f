/** What a model costs, as its provider publishes it, and what one request of it comes to. Pure. */
import type { JsonValue, RequestValues } from '../json';

/** A price for `per` units, in USD. */
export interface PriceUnit {
	/** What is counted: `second`, `video`, `token` … */
	unit: string;
	usd: number;
	per: number;
}

export type Price =
	| { kind: 'fixed'; units: PriceUnit[] }
	| {
			kind: 'variants';
			/** The fields that the price depends on. */
			dimensions: string[];
			variants: Array<PriceUnit & { when: Record<string, JsonValue> }>;
	  }
	/** Known only afterwards. */
	| { kind: 'variable' };

export interface Quote {
	/** What the request will cost. Absent where it can not be said before. */
	usd?: number;
	/** Of one's own machine, where that makes the video. */
	seconds?: number;
	/** How the figure was computed, or why there is none. A sentence without its full stop. */
	basis: string;
}

/** The words of a count that is one for each video. */
const EACH = /^(video|generation|request|call|run|image|output|unit|item)s?$/i;
const SECOND = /^(video[ _-]?)?seconds?$/i;

export interface Priced {
	values: RequestValues;
	/** Length of the video in seconds, where the request or the model's default says it. */
	seconds?: number;
	/** Videos that one request makes. */
	videos?: number;
	/** What the model takes where a field is left out. */
	defaults?: RequestValues;
}

/** What a request comes to by a published price. */
export function quoteOf(price: Price | undefined, request: Priced): Quote {
	if (!price) return { basis: 'the provider publishes no price for this model' };
	switch (price.kind) {
		case 'variable':
			return { basis: 'the price of this model is known only after the video is made' };
		case 'fixed':
			return sumOf(price.units, request, '');
		case 'variants': {
			const valueOf = (name: string) => request.values[name] ?? request.defaults?.[name];
			const unset = price.dimensions.filter((name) => valueOf(name) === undefined);
			if (unset.length > 0) {
				return { basis: `the price depends on ${unset.join(' and ')}, which is not set` };
			}
			const found = price.variants.filter(({ when }) =>
				Object.entries(when).every(([name, value]) => sameText(valueOf(name), value)),
			);
			const chosen = price.dimensions.map((name) => `${name} ${String(valueOf(name))}`).join(', ');
			return found.length === 0
				? { basis: `the provider publishes no price for ${chosen}` }
				: sumOf(found, request, ` (${chosen})`);
		}
	}
}

function sumOf(units: PriceUnit[], { seconds, videos = 1 }: Priced, chosen: string): Quote {
	let usd = 0;
	const parts: string[] = [];
	for (const { unit, usd: price, per } of units) {
		const count = SECOND.test(unit) ? seconds : EACH.test(unit) ? 1 : undefined;
		if (count === undefined) {
			return SECOND.test(unit)
				? { basis: 'the price is by the second, and the length of the video is not set' }
				: { basis: `the price is by the ${unit}, which is known only afterwards` };
		}
		usd += ((price * count) / per) * videos;
		const rate = per === 1 ? `a ${unit}` : `for ${per} ${unit}s`;
		parts.push(`${price} USD ${rate}${SECOND.test(unit) ? ` × ${count} s` : ''}`);
	}
	if (parts.length === 0) return { basis: 'the provider publishes no price for this model' };
	const times = videos === 1 ? '' : ` × ${videos} videos`;
	return { usd: roundUsd(usd), basis: `${parts.join(' + ')}${times}${chosen}` };
}

const sameText = (a: JsonValue | undefined, b: JsonValue): boolean =>
	String(a).toLowerCase() === String(b).toLowerCase();

/** To a millionth of a dollar: sums of binary fractions must not show their tails. */
export const roundUsd = (usd: number): number => Math.round(usd * 1e6) / 1e6;
