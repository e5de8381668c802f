/** How the errors of Stable Diffusion API and ModelsLab are told, wherever they put their words. */
import { describe, expect, it } from 'vitest';
import {
	errorText,
	isRefusal,
	isWord,
	readFailure,
} from '../../../providers/stableDiffusionApi/failures';

const told = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
	readFailure({ status, headers, body });
const error = (message: unknown) => ({ status: 'error', message });

describe('the words', () => {
	it('are looked for in the documented order', () => {
		const body = { message: 'a', messege: 'b', error: 'c', tips: 'd', tip: 'e' };
		const names = ['message', 'messege', 'error', 'tips', 'tip'] as const;
		for (const [index, name] of names.entries()) {
			const left = Object.fromEntries(names.slice(index).map((key) => [key, body[key]]));
			expect(errorText(left), name).toBe(body[name]);
		}
		expect(errorText({})).toBeUndefined();
	});

	it('of a status are taken in any case', () => {
		expect([isWord('Error', 'error'), isWord('errors', 'error'), isWord(7, 'error')]).toStrictEqual(
			[...[true, false, false]],
		);
	});
});

describe('a refusal', () => {
	it.each([
		[{ status: 'error' }, true],
		[{ status: 'Failed' }, true],
		[{ error: 'No key' }, true],
		[{ error: '' }, false],
		[{ error: 'Old', status: 'processing' }, false],
		[{ status: 'success' }, false],
		[{}, false],
	])('%j: %s', (body, expected) => {
		expect(isRefusal(body)).toBe(expected);
	});
});

describe('a code', () => {
	it.each([
		// These statuses decide before any words.
		[error('Model not found'), 401, 'invalid_key'],
		[error('Model not found'), 402, 'no_credit'],
		[error('Model not found'), 429, 'rate_limited'],
		[error('Model not found'), 403, 'model_not_found'],
		[error('Model not found'), 404, 'model_not_found'],
		[error('Model not found'), 499, 'model_not_found'],
		[error('Model not found'), 500, 'provider_error'],
		[error('Model not found'), 300, 'model_not_found'],
		[error({ api_key: ['The api key is too short.'] }), 200, 'invalid_request'],
		[{ status: 'error', messege: { api_key: ['Too short.'] } }, 200, 'invalid_request'],
		[error(['Invalid api key']), 200, 'invalid_key'],
		[error('Something else'), 200, 'invalid_request'],
		[error('Something else'), 300, 'moved'],
		[{ message: 'Invalid api key' }, 300, 'invalid_key'],
		[{ message: 'Invalid api key' }, 299, 'unreadable_reply'],
		[error('Something else'), 403, 'not_allowed'],
		[{ status: 'failed', message: 'Try again' }, 200, 'generation_failed'],
		[{ status: 'failed', message: 'Try again' }, 404, 'generation_failed'],
		[{ status: 'failed', message: 'NSFW' }, 200, 'prompt_refused'],
		[{ status: 'error' }, 200, 'invalid_request'],
		[{ status: 'error' }, 404, 'not_found'],
		[{ error: 'Server error' }, 299, 'provider_error'],
		[{ status: 'processing', message: 'Invalid api key' }, 200, 'unreadable_reply'],
		['text', 200, 'unreadable_reply'],
		['text', 503, 'provider_error'],
	])('%j with HTTP %i is %s', (body, status, code) => {
		expect(told(body, status)).toMatchObject({ code, httpStatus: status });
	});

	it.each([
		['Server Error', 'provider_error'],
		['Internal error', 'provider_error'],
		['Request timed out', 'provider_error'],
		['Timeout', 'provider_error'],
		['Time out', 'provider_error'],
		['Down for Maintenance', 'provider_error'],
		['Not Found', 'not_found'],
		['Invalid ID', 'not_found'],
		['invalid request id', 'not_found'],
		['No such request', 'not_found'],
		['Invalid identity', 'invalid_request'],
	])('of HTTP 200 and the words "%s" is %s', (message, code) => {
		expect(told(error(message)).code).toBe(code);
	});
});

describe('whether a job was made', () => {
	it.each([
		[error('Invalid api key'), 200, 'no'],
		[error('Server error'), 200, 'unknown'],
		[error('Server error'), 300, 'no'],
		[{ status: 'processing' }, 200, 'unknown'],
		[error('Bad'), 400, 'no'],
		[error('Bad'), 500, 'unknown'],
	])('after %j with HTTP %i: %s', (body, status, accepted) => {
		expect(told(body, status).accepted).toBe(accepted);
	});

	it('is certain after a question about it', () => {
		const reply = { status: 200, headers: {}, body: error('Invalid api key') };
		expect(readFailure(reply, 'yes').accepted).toBe('yes');
	});
});

describe('the wait after too many requests', () => {
	const many = error('Rate limit exceeded');

	it.each([
		[{ ...many, retry_after: 12 }, {}, 12],
		[{ ...many, retry_after: '12' }, { 'retry-after': '5' }, 12],
		[many, { 'retry-after': '5' }, 5],
		[many, {}, 30],
		[error('Bad'), {}, undefined],
		[{ ...error('Bad'), retry_after: 4 }, {}, 4],
	])('%j with %j is %s seconds', (body, headers, seconds) => {
		expect(told(body, 200, headers as never).retryAfterSeconds).toBe(seconds);
	});
});
