import type { Field } from '../../../../providers/schema/fields';

const MOST_DIGITS = 9;

/** The whole numbers of a field's range, written as text. */
export function numberPattern({ minimum = 0, maximum = 10 ** MOST_DIGITS - 1 }: Field): string {
	const [least, most] = [Math.max(0, Math.ceil(minimum)), Math.floor(maximum)];
	const parts: string[] = [];
	for (let digits = String(least).length; digits <= String(most).length; digits++) {
		const from = Math.max(least, digits === 1 ? 0 : 10 ** (digits - 1));
		parts.push(between(String(from), String(Math.min(most, 10 ** digits - 1))));
	}
	return parts.join('|');
}

/** Both of the same number of digits. */
function between(from: string, to: string): string {
	if (from === '') return '';
	const [low, high] = [Number(from[0]), Number(to[0])];
	const [fromRest, toRest] = [from.slice(1), to.slice(1)];
	if (low === high) return `${low}${between(fromRest, toRest)}`;
	if (/^0*$/.test(fromRest) && /^9*$/.test(toRest)) {
		return `[${low}-${high}]${'[0-9]'.repeat(fromRest.length)}`;
	}
	const middle =
		low + 1 < high ? [`[${low + 1}-${high - 1}]${'[0-9]'.repeat(fromRest.length)}`] : [];
	return `(${[
		`${low}${between(fromRest, '9'.repeat(fromRest.length))}`,
		...middle,
		`${high}${between('0'.repeat(toRest.length), toRest)}`,
	].join('|')})`;
}
