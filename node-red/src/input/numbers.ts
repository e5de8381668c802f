/** Blank in the editor means the usual. */
export function numberOr(value: string | number | undefined, usual: number): number {
	const number = value === undefined || value === '' ? Number.NaN : Number(value);
	return Number.isFinite(number) && number >= 0 ? number : usual;
}

/** Blank means that there is no limit. @throws Error where something else than a number from 0 stands there */
export function limitOf(
	value: string | number | undefined,
	wrong: () => Error,
): number | undefined {
	if (value === undefined || String(value).trim() === '') return undefined;
	const number = Number(value);
	if (Number.isFinite(number) && number >= 0) return number;
	throw wrong();
}
