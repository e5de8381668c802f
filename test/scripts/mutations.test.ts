import { describe, expect, it } from 'vitest';
import { applied, mutationsOf } from '../../scripts/mutate/mutations';

/** The text after each fault, one at a time. */
const faultsOf = (text: string): string[] =>
	mutationsOf(text).map((mutation) => applied(text, mutation));

describe('faults that are put into the core', () => {
	it.each([
		['const late = now >= end;', ['const late = now > end;']],
		['const both = a && b;', ['const both = a || b;']],
		['const job = asked.job ?? known;', ['const job = asked.job;']],
		['const open = false;', ['const open = true;']],
		['const left = total - done;', ['const left = total + done;']],
		['const most = 8;', ['const most = (8 + 1);']],
		['const all = { ...rest };', ['const all = { ...{} };']],
		['const good = all.filter(isGood);', ['const good = all;']],
		['throw reason;', [';']],
		['delete msg.failure;', [';']],
		['running -= 1;', [';', 'running -= (1 + 1);']],
		['stream.destroy();', [';']],
		["const code = 'ECONNRESET';", ['const code = "ECONNRESET_X";']],
		[
			'const known = /^a$/i;',
			['const known = /^a$/;', 'const known = /a$/i;', 'const known = /^a/i;'],
		],
	])('%s', (text, expected) => {
		expect(faultsOf(text)).toEqual(expected);
	});

	it('decide a condition either way', () => {
		expect(faultsOf('if (done) go();')).toEqual(
			expect.arrayContaining(['if (true || (done)) go();', 'if (false && (done)) go();']),
		);
	});

	it('leave alone what people read, types, imports and the joints of texts', () => {
		const text = [
			"import { a } from './a';",
			"type Mode = 'wait' | 'return';",
			"const said = 'The job is lost' + name;",
		].join('\n');
		expect(faultsOf(text)).toEqual([]);
	});

	it('know their line', () => {
		expect(mutationsOf('const a = b;\nconst c = true;')).toMatchObject([{ line: 2 }]);
	});
});
