/** A published price in a few words, for a list to choose from. Pure. */
import type { Price, PriceUnit } from './price';

/** "0.03 to 0.12 USD a second". `undefined` where nothing can be said before the video is made. */
export function priceText(price: Price | undefined): string | undefined {
	if (!price || price.kind === 'variable') return undefined;
	const units = price.kind === 'fixed' ? price.units : price.variants;
	const [first] = units;
	if (!first) return undefined;
	if (price.kind === 'fixed') return units.map((unit) => rate(String(unit.usd), unit)).join(' + ');
	// Prices by different units can not be put into one range.
	const isAlike = units.every(({ unit, per }) => unit === first.unit && per === first.per);
	const usd = units.map((unit) => unit.usd);
	const [least, most] = [Math.min(...usd), Math.max(...usd)];
	if (!isAlike) return undefined;
	return rate(least === most ? String(least) : `${least} to ${most}`, first);
}

const rate = (usd: string, { unit, per }: PriceUnit): string =>
	per === 1 ? `${usd} USD a ${unit}` : `${usd} USD for ${per} ${unit}s`;
