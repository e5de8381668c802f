/** Blank in the editor means the usual. */
export function numberOr(value: string | number | undefined, usual: number): number {
	const number = value === undefined || value === '' ? Number.NaN : Number(value);
	return Number.isFinite(number) && number >= 0 ? number : usual;
}
