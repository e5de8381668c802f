import { describe, expect, it } from 'vitest';
import { redactKey } from '../../jobs/redactKey';
import type { Reply } from '../../providers/contract';

const KEY = 'sk-a+secret/1234';
const reply = (body: Reply['body'], headers: Reply['headers'] = {}): Reply => ({
	status: 400,
	headers,
	body,
});

describe('what a provider says', () => {
	it.each<[string, Reply['body'], Reply['body']]>([
		['text', `Bearer ${KEY} is wrong`, 'Bearer [API key] is wrong'],
		[
			'an address',
			`https://x.example/?key=${encodeURIComponent(KEY)}`,
			'https://x.example/?key=[API key]',
		],
		['lists and objects', { list: [1, { key: KEY }] }, { list: [1, { key: '[API key]' }] }],
		['a member that is named so', { [KEY]: true }, { '[API key]': true }],
		['nothing', null, null],
	])('is shown without the key, in %s', (_where, said, shown) => {
		expect(redactKey(reply(said), KEY)).toEqual(reply(shown));
	});

	it('is shown without the key in headers', () => {
		const headers = { location: `/again?key=${encodeURIComponent(KEY)}` };
		expect(redactKey(reply('', headers), KEY).headers).toEqual({
			location: '/again?key=[API key]',
		});
	});

	it('is shown without a key of eight characters too, which is the shortest', () => {
		expect(redactKey(reply('Bearer abcdefgh'), 'abcdefgh').body).toBe('Bearer [API key]');
		expect(redactKey(reply('Bearer abcdefg'), 'abcdefg').body).toBe('Bearer abcdefg');
	});

	it.each([undefined, '', 'test'])('is left as it is where the key is %s', (key) => {
		const said = reply({ message: 'a test' });
		expect(redactKey(said, key)).toBe(said);
	});
});
