import { expect, it } from 'vitest';
import { describeSystemErrors } from '../../jobs/systemErrors';

it.each([
	['read ECONNRESET', 'connection cut'],
	['connect ECONNREFUSED 127.0.0.1:9', 'connection refused: 127.0.0.1:9'],
	['getaddrinfo ENOTFOUND nowhere.example', 'no such host: nowhere.example'],
	['connect ETIMEDOUT 10.0.0.1:443', 'no answer in time: 10.0.0.1:443'],
	['The model ran out of ideas', 'The model ran out of ideas'],
	['A preexisting scene', 'A preexisting scene'],
])('%s → %s', (text, words) => {
	expect(describeSystemErrors(text)).toBe(words);
});
