/** What a member of a reply is, if it is it at all: providers send numbers as text, "" for nothing, and any case. Pure. */

export const finiteNumber = (value: unknown): number | undefined => {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
};

/** An estimate or a lifetime: 0, which providers send for "not known", counts as none. */
export function positive(value: unknown): number | undefined {
	const number = finiteNumber(value);
	return number !== undefined && number > 0 ? number : undefined;
}

export const nonEmptyString = (value: unknown): string | undefined =>
	typeof value === 'string' && value.trim() !== '' ? value : undefined;

/** A word of a reply in a table of known words, upper or lower case. Anything but a known word is `undefined`. */
export function lookUp<T>(table: Record<string, T>, word: unknown): T | undefined {
	if (typeof word !== 'string') return undefined;
	const key = [word, word.toLowerCase()].find((candidate) => Object.hasOwn(table, candidate));
	return key === undefined ? undefined : table[key];
}

/** Job ids come as numbers and as strings; "" and null mean that there is none. */
export const idOf = (value: unknown): string | undefined =>
	typeof value === 'number' && Number.isFinite(value) ? String(value) : nonEmptyString(value);

/** Only absolute http(s) URLs are results; providers also send "", null and objects in the same place. */
export const isHttpUrl = (value: unknown): value is string =>
	typeof value === 'string' && /^https?:\/\/[^\s]+$/i.test(value) && URL.canParse(value);

const LAST_TIME_MS = 8.64e15;

/** ISO 8601, or nothing for a number that no calendar has. */
export const isoTime = (unixMs: number): string | undefined =>
	Math.abs(unixMs) <= LAST_TIME_MS ? new Date(unixMs).toISOString() : undefined;
