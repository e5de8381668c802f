/** Faults that the compiler refuses are no faults that somebody could commit. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TypeCheck } from '../../scripts/mutate/typeCheck';

let folder: string;
let check: TypeCheck;
const path = () => join(folder, 'a.ts');

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'type-check-'));
	writeFileSync(
		join(folder, 'tsconfig.json'),
		'{"compilerOptions": {"strict": true, "noUnusedLocals": true}}',
	);
	writeFileSync(path(), 'export const a = 1;');
	check = new TypeCheck([join(folder, 'tsconfig.json')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
	['what is as it was', 'export const a: number = 1;'],
	['another value', 'export const a: number = 2;'],
	['a call that is taken out', 'export function a(b: boolean) { if (b) ; }'],
	['a value that is not used any more', 'const b = 1; export const a = 2;'],
])('takes %s', (_what, text) => expect(check.errorIn(path(), text)).toBeUndefined());

it.each([
	['a value of another type', 'export const a: "b" = "b_X";', /"b_X"/],
	[
		'what may not be there',
		'export const a = (b?: string) => true || b ? b.length : 0;',
		/undefined/,
	],
	['what is no program', 'export const a = ;', /Expression expected/],
])('refuses %s', (_what, text, words) => expect(check.errorIn(path(), text)).toMatch(words));

it('knows no file that belongs to nothing', () => {
	expect(() => check.errorIn(join(folder, 'b.ts'), '')).toThrow('belongs to no tsconfig.json');
});
