/** A reply as it came over the wire, whatever the host's HTTP client made of it. */
import { describe, expect, it } from 'vitest';
import { parseReplyBody, replyHeaders } from '../../jobs/reply';

describe('the body of a reply', () => {
	it.each([
		['{"id":1}', { id: 1 }],
		['[1]', [1]],
		['"text"', 'text'],
		['<html>', '<html>'],
		['', ''],
		[{ id: 1 }, { id: 1 }],
		[undefined, undefined],
		[null, null],
		[7, 7],
	])('%j is read as %j', (body, read) => {
		expect(parseReplyBody(body)).toEqual(read);
	});
});

describe('the headers of a reply', () => {
	it('have small names and texts, and none that is not there', () => {
		const given = { 'Retry-After': 30, 'X-Id': 'a', gone: undefined, List: ['a', 'b'] };
		expect(replyHeaders(given)).toEqual({ 'retry-after': '30', 'x-id': 'a', list: 'a,b' });
		expect(replyHeaders(undefined)).toEqual({});
	});
});
