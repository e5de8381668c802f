/** Which statements tests run: the counters do not change what a text does, and stand for the narrowest piece. */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { counterAt, countedIn, withCounters } from '../../scripts/mutate/reach';

const TEXT = `const double = (n) => n * 2;
const half = (n) => { if (n > 8) { return n / 2; } return 0; };
result = [double(2), half(4), (() => ({ a: 1 }))()];`;

/** The pieces of the text that ran. */
function ran(text: string): { result: unknown; pieces: string[] } {
	const reached = new Set<string>();
	const context: Record<string, unknown> = { __reached: (id: string) => reached.add(id) };
	runInNewContext(withCounters(text, 'a.ts'), context);
	const counted = countedIn(text);
	const pieces = [...reached].map((id) => {
		const { start, end } = counted[Number(id.split('#')[1])]!;
		return text.slice(start, end);
	});
	return { result: context.result, pieces };
}

describe('a counted text', () => {
	it('does what it did, and tells which pieces ran', () => {
		const { result, pieces } = ran(TEXT);
		expect(result).toEqual([4, 0, { a: 1 }]);
		expect(pieces).toEqual(expect.arrayContaining(['n * 2', 'return 0;', '({ a: 1 })']));
		expect(pieces).not.toContain('return n / 2;');
	});

	it('knows the narrowest piece around a place', () => {
		const piece = (part: string) => {
			const { start, end } = countedIn(TEXT)[counterAt(countedIn(TEXT), TEXT.indexOf(part))!]!;
			return TEXT.slice(start, end);
		};
		expect(piece('* 2')).toBe('n * 2');
		expect(piece('/ 2')).toBe('return n / 2;');
		expect(piece('> 8')).toBe('if (n > 8) { return n / 2; }');
		expect(piece('double(2)')).toContain('result =');
	});

	it('leaves imports and types without counters', () => {
		const text = "import { a } from './a';\nexport interface B { c: 1 }\ntype D = 2;\n";
		expect(withCounters(text, 'a.ts')).toBe(text);
	});
});
