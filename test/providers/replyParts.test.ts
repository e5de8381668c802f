/** What all readers of replies share, by what a person or a later step gets of it. */
import { describe, expect, it } from 'vitest';
import { codeOfText, failure, flattenText, httpFailure } from '../../providers/replies/failures';
import {
	expiryOf,
	extensionOf,
	mimeTypeOf,
	newJob,
	updated,
	video,
	withTracking,
	withWarnings,
} from '../../providers/replies/job';

const NOW_MS = Date.UTC(2026, 0, 1);
const reply = (status: number, body: unknown = '', headers: Record<string, string> = {}) => ({
	...{ status, body, headers },
});

describe('a job', () => {
	const running = {
		...newJob('novita', 'j1', NOW_MS),
		...{ status: 'processing' as const, progress: 40, etaSeconds: 9, nextPollSeconds: 5 },
		estimate: { seconds: 9, at: new Date(NOW_MS).toISOString() },
	};

	it('keeps its estimate while it runs, and loses what a change leaves open', () => {
		const next = updated(running, { progress: 50, etaSeconds: undefined as never }, NOW_MS);
		expect(next).toEqual({ ...running, progress: 50, etaSeconds: undefined });
		expect(Object.keys(next)).not.toContain('etaSeconds');
	});

	it.each(['succeeded', 'failed', 'cancelled'] as const)(
		'that %s has an end, and nothing to wait for',
		(status) => {
			const over = updated(running, { status }, NOW_MS);
			expect(over).toMatchObject({ status, finishedAt: new Date(NOW_MS).toISOString() });
			expect(over).not.toHaveProperty('etaSeconds');
			expect(over).not.toHaveProperty('estimate');
			expect(over).not.toHaveProperty('nextPollSeconds');
			expect(over.progress).toBe(status === 'succeeded' ? 100 : 40);
			const again = updated(over, {}, NOW_MS + 5_000);
			expect(again.finishedAt).toBe(over.finishedAt);
		},
	);
});

describe('a job with what was given along', () => {
	const job = newJob('localGpu', 'j1', NOW_MS);
	const provider = (warnings: string[]) =>
		({ capabilities: { trackingField: 'track_id' }, warnings: () => warnings }) as never;

	it('bears the warnings of the reply and then those of the model', () => {
		const warned = { ...job, warnings: ['Used 480p.'] };
		expect(withWarnings(provider(['Is retired.']), warned, {}).warnings).toEqual([
			'Used 480p.',
			'Is retired.',
		]);
		expect(withWarnings(provider(['Is retired.']), job, {}).warnings).toEqual(['Is retired.']);
		expect(withWarnings(provider([]), job, {})).not.toHaveProperty('warnings');
		expect(withWarnings({} as never, job, {})).toBe(job);
	});

	it('bears the tracking id as text, where one was given', () => {
		expect(withTracking(provider([]), job, { track_id: 7 }).trackingId).toBe('7');
		expect(withTracking(provider([]), job, {})).toBe(job);
		expect(withTracking({ capabilities: {} } as never, job, { track_id: 7 })).toBe(job);
	});
});

describe('the file of a video', () => {
	it.each([
		['https://x.example/a.MP4?n=1.gif', 'video/mp4'],
		['https://x.example/a.webm#t=1', 'video/webm'],
		['https://x.example/a.b.mov', 'video/quicktime'],
		['gif', 'image/gif'],
		['webp', 'image/webp'],
		['https://x.example/watch', 'video/mp4'],
		['constructor', 'video/mp4'],
	])('%s is %s', (from, type) => expect(mimeTypeOf(from)).toBe(type));

	it('is told with whatever else is known of it', () => {
		expect(video('https://x.example/a.gif')).toEqual({
			url: 'https://x.example/a.gif',
			mimeType: 'image/gif',
		});
		const more = { mimeType: 'video/webm', requiresKey: true };
		expect(video('https://x.example/a.gif', more)).toEqual({
			url: 'https://x.example/a.gif',
			...more,
		});
	});

	it.each([
		['video/webm', 'webm'],
		['video/quicktime', 'mov'],
		['image/webp', 'webp'],
		['Video/WebM ; codecs="vp9"', 'webm'],
		['image/gif', 'gif'],
		['application/octet-stream', 'mp4'],
		['', 'mp4'],
	])('of type "%s" ends in .%s', (type, extension) => expect(extensionOf(type)).toBe(extension));

	it.each([
		[
			'https://s.example/a?X-Amz-Date=20260101T000000Z&X-Amz-Expires=60',
			'2026-01-01T00:01:00.000Z',
		],
		['https://s.example/a?X-Amz-Date=20261231T235958Z&X-Amz-Expires=1', '2026-12-31T23:59:59.000Z'],
		['https://s.example/a?X-Amz-Date=x20260101T000000Z&X-Amz-Expires=60', undefined],
		['https://s.example/a?X-Amz-Date=20260101T000000Zx&X-Amz-Expires=60', undefined],
		['https://s.example/a?Expires=1767225600', '2026-01-01T00:00:00.000Z'],
		['https://s.example/a?Expires=x1767225600', undefined],
		['https://s.example/a?Expires=soon', undefined],
		['https://s.example/a?Expires=17672256000', undefined],
		['https://s.example/a?X-Amz-Date=20260101T000000Z', undefined],
		['https://s.example/a?X-Amz-Date=20260101T000000Z&X-Amz-Expires=0', undefined],
		['https://s.example/a?X-Amz-Expires=60', undefined],
		['https://s.example/a', undefined],
	])('at %s can be had until %s', (url, until) => expect(expiryOf(url)).toBe(until));
});

describe('what is said of an error', () => {
	it.each([
		[reply(503, '<!DOCTYPE html><p>Down'), 'HTTP 503: a web page instead of an answer.'],
		[reply(503, '  <HTML>'), 'HTTP 503: a web page instead of an answer.'],
		[reply(503, 'The prompt holds <html>'), 'HTTP 503: The prompt holds <html>.'],
		[reply(500), 'HTTP 500.'],
		[reply(500, null), 'HTTP 500.'],
		[reply(500, { a: ['b', 7] }), 'HTTP 500: a: b; 7.'],
		[reply(200), '(it was empty)'],
		[reply(200, 'odd'), 'could not be read: odd'],
		[reply(302, '', { location: 'https://x.example' }), 'redirect to https://x.example.'],
		[reply(302), 'redirect to another address.'],
		[reply(299, 'odd'), 'could not be read: odd'],
		[reply(300, 'odd'), 'redirect to another address.'],
		[reply(399, 'odd'), 'redirect to another address.'],
		[reply(400, 'odd'), 'HTTP 400: odd.'],
		[reply(500, undefined), 'HTTP 500.'],
	])('%j is in words', (said, words) => expect(httpFailure(said).message).toContain(words));

	it('is cut where it would fill the screen', () => {
		expect(httpFailure(reply(500, 'x'.repeat(201))).message).toContain(`${'x'.repeat(200)}…`);
		expect(httpFailure(reply(500, 'x'.repeat(200))).message).not.toContain('…');
		const long = { accepted: 'no' } as const;
		expect(failure('network', 'x'.repeat(1001), long).message).toBe(`${'x'.repeat(1000)}…`);
		expect(failure('network', 'x'.repeat(1000), long).message).toBe('x'.repeat(1000));
	});

	it.each([
		['30', 30],
		['0', 0],
		['-1', undefined],
		[' ', undefined],
		['Infinity', undefined],
		['soon', undefined],
		['Thu, 01 Jan 2026 00:00:30 GMT', 30],
		['Thu, 01 Jan 2026 01:00:00 GMT', 3600],
		['Wed, 31 Dec 2025 23:59:00 GMT', 0],
	])('asks for patience by Retry-After "%s": %s s', (header, seconds) => {
		const headers = { 'retry-after': header, date: 'Thu, 01 Jan 2026 00:00:00 GMT' };
		expect(httpFailure(reply(429, '', headers)).retryAfterSeconds).toBe(seconds);
	});

	it('says how long to wait where the provider did, and what to do where it did not', () => {
		const wait = httpFailure(reply(429), { retryAfterSeconds: 29.2 });
		expect(wait.advice).toMatch(/^Wait 30 seconds/);
		expect(httpFailure(reply(429)).advice).toMatch(/^Wait, then/);
		expect(httpFailure(reply(429), { retryAfterSeconds: 0 }).advice).toMatch(/^Wait, then/);
	});

	it('warns of a job that may have been made', () => {
		expect(httpFailure(reply(503)).advice).toContain('may cost money');
		expect(httpFailure(reply(429), { accepted: 'unknown' }).advice).toContain('may cost money');
		expect(httpFailure(reply(503), { accepted: 'no' }).advice).toContain('Try again later');
	});

	it('says of a submit to a wrong address what is wrong with it', () => {
		expect(httpFailure(reply(404)).advice).toContain('it ends before /v1');
		expect(httpFailure(reply(404), { accepted: 'yes' }).advice).toContain('Check the job id');
	});

	it.each([
		['Rate limit exceeded', 'rate_limited'],
		['Maximum 5 QUEUED requests allowed', 'rate_limited'],
		['Invalid API-key', 'invalid_key'],
		['Unauthorised', 'invalid_key'],
		['Insufficient funds', 'no_credit'],
		['No credit left', 'no_credit'],
		['Your Subscription ended', 'no_credit'],
		['Model x Not Found', 'model_not_found'],
		['This model was retired', 'model_not_found'],
		['NSFW content', 'prompt_refused'],
		['Against our Content Policy', 'prompt_refused'],
		['accredited', undefined],
	])('"%s" is %s', (text, code) => expect(codeOfText(text)).toBe(code));

	it.each([
		[' text ', 'text'],
		['  ', undefined],
		[7, '7'],
		[null, undefined],
		[[], undefined],
		[{ prompt: ['The prompt field is required.'] }, 'The prompt field is required.'],
		[{ width: 'too large' }, 'width: too large'],
		[{ 0: 'first', 1: 'second' }, 'first; second'],
		[{ video_2: 'too large', '2nd': 'too small' }, 'video_2: too large; 2nd: too small'],
		[{ 1: { 2: { 3: { 4: { 5: { 6: 'six' } } } } } }, 'six'],
		[{ 1: { 2: { 3: { 4: { 5: { 6: { 7: 'seven' } } } } } } }, undefined],
		[[[[[[['six']]]]]], 'six'],
		[[[[[[[['seven']]]]]]], undefined],
	])('of %j there is to be read: %s', (value, text) => expect(flattenText(value)).toBe(text));
});
