import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../jobs/callback/parseJson';

const parse = (text: string) => parseJson(Buffer.from(text));
const BRACKETS = '[{'.repeat(100);

describe('JSON from anybody', () => {
	it.each([
		['brackets in a text', JSON.stringify({ prompt: BRACKETS })],
		['a quote and brackets in a text', JSON.stringify({ prompt: `"${BRACKETS}` })],
		['a backslash at the end of a text, then another', JSON.stringify(['\\', BRACKETS])],
		['many lists side by side', JSON.stringify(Array.from({ length: 500 }, () => [{ a: [] }]))],
		['sixty-four levels', '['.repeat(64) + ']'.repeat(64)],
	])('is read with %s', (_what, text) => {
		expect(parse(text)).toEqual({ json: JSON.parse(text) });
	});

	const deep = '['.repeat(65) + ']'.repeat(65);
	it.each([
		['levels', deep],
		['levels behind a text', `["text",${deep}]`],
		['levels behind a quote in a text', `["a\\"b",${deep}]`],
		['levels behind a backslash in a text', `["a\\\\",${deep}]`],
		['levels behind many lists', `[${'[],{},'.repeat(40)}${deep}]`],
		['levels of objects', '{"a":'.repeat(65) + '1' + '}'.repeat(65)],
	])('is refused with too many %s, which would harm who stores it', (_what, text) => {
		expect(parse(text)).toEqual({ problem: 'The message is nested too deeply.' });
	});

	it('is told from bytes that are no text', () => {
		const problem = 'The message is not JSON.';
		expect(parseJson(Uint8Array.of(0x22, 0xff, 0x22))).toEqual({ problem });
		expect(parseJson(Uint8Array.of(0x22, 0xc3, 0xa4, 0x22))).toEqual({ json: 'ä' });
	});

	it.each([['{"type":'], ['status=success'], ['']])('is told from what is none (%s)', (text) => {
		expect(parse(text)).toEqual({ problem: 'The message is not JSON.' });
	});
});
