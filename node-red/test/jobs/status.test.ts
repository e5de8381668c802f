/** What stands under a node. */
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../providers/contract';
import { failedStatus, showAgainInMs, statusOf, type Shown } from '../../src/jobs/status';
import { english } from '../support/texts';

const NOW_MS = Date.parse('2026-01-01T00:10:00.000Z');
const job = (more: Partial<Job> = {}): Job => ({
	...{ provider: 'p', jobId: 'j', status: 'processing', videos: [] },
	submittedAt: '2026-01-01T00:09:30.000Z',
	...more,
});
const queued: Shown = { stage: 'queued' };
const waiting = (more: Partial<Job> = {}, polls?: Shown['polls']): Shown => ({
	...{ stage: 'waiting', job: job(more) },
	...(polls ? { polls } : {}),
});
const text = (runs: Shown[], pace = {}) => statusOf(runs, english, NOW_MS, pace).text;

describe('the status', () => {
	it('is empty where there is nothing to do', () => {
		expect(statusOf([], english, NOW_MS)).toEqual({});
	});

	it('says what a job waits for', () => {
		const polls = { asked: 3, nextAtMs: NOW_MS + 12000 };
		expect(text([{ ...waiting({}, polls), usualSeconds: 75 }])).toBe(
			'in progress · usually takes 75 s · asked 3 times, next in 12 s',
		);
		expect(text([waiting({ progress: 41.6, etaSeconds: 30 }, polls)])).toBe(
			'in progress · 42 % · about 30 s left · asked 3 times, next in 12 s',
		);
		expect(text([waiting({}, { asked: 1, nextAtMs: NOW_MS + 200 })])).toBe(
			'in progress · asked once, next in 1 s',
		);
		expect(text([waiting({ status: 'queued' }, { asked: 0, nextAtMs: NOW_MS + 150000 })])).toBe(
			'queued · asks in 3 min',
		);
	});

	it('says how long a job takes already, from the first minute on', () => {
		const submittedAt = '2026-01-01T00:05:00.000Z';
		expect(text([waiting({ submittedAt })])).toBe('in progress · 5 min');
	});

	it.each<[string, Partial<Job>, number | undefined, string]>([
		['no progress yet', { progress: 0 }, undefined, ''],
		['hardly any', { progress: 0.6 }, undefined, ' · 1 %'],
		['an estimate that has run out', { etaSeconds: 0 }, 75, ' · usually takes 75 s'],
		['an estimate of half a second', { etaSeconds: 0.5 }, 75, ' · about 1 s left'],
		['progress besides the usual time', { progress: 5 }, 75, ' · 5 %'],
		['59 seconds so far', { submittedAt: '2026-01-01T00:09:01.000Z' }, undefined, ''],
		['a minute so far', { submittedAt: '2026-01-01T00:09:00.000Z' }, undefined, ' · 60 s'],
		['89 seconds so far', { submittedAt: '2026-01-01T00:08:31.000Z' }, undefined, ' · 89 s'],
		['90 seconds so far', { submittedAt: '2026-01-01T00:08:30.000Z' }, undefined, ' · 2 min'],
		[
			'a submit in the time to come',
			{ submittedAt: '2026-01-01T02:00:00.000Z' },
			75,
			' · usually takes 75 s',
		],
		['a long time that is usual', {}, 400, ' · usually takes 7 min'],
		['many hours so far', { submittedAt: '2025-12-31T07:40:00.000Z' }, undefined, ' · 990 min'],
	])('says what is known of a job: %s', (_what, more, usualSeconds, words) => {
		const run = { ...waiting(more), ...(usualSeconds === undefined ? {} : { usualSeconds }) };
		expect(text([run])).toBe(`in progress${words}`);
	});

	it('counts a question that is overdue as one that comes now', () => {
		expect(text([waiting({}, { asked: 2, nextAtMs: NOW_MS - 60_000 })])).toBe(
			'in progress · asked 2 times, next in 1 s',
		);
	});

	it.each<[string, Shown[], string, string]>([
		['one that waits', [waiting()], 'dot', 'in progress'],
		['one on its way to the provider', [{ stage: 'submitting' }], 'dot', 'submitting'],
		['one that is fetched', [{ stage: 'downloading', job: job() }], 'dot', 'downloading'],
		['one that another stands behind', [waiting(), queued], 'dot', 'in progress, 1 in line'],
		['none but in line', [queued, queued], 'ring', 'waiting in line'],
	])('has the mark of what goes on: %s', (_what, runs, shape, words) => {
		expect(statusOf(runs, english, NOW_MS)).toEqual({ fill: 'blue', shape, text: words });
	});

	it('says how many are in line, and how fast the line moves where the provider has a limit', () => {
		const line = Array.from({ length: 14 }, () => queued);
		const polls = { asked: 3, nextAtMs: NOW_MS + 12000 };
		const pace = { perMinute: 2 };
		expect(text([{ ...waiting({}, polls), usualSeconds: 75 }, ...line], pace)).toBe(
			'in progress · usually takes 75 s · asked 3 times, next in 12 s; 14 in line: 2 a minute',
		);
		expect(text([waiting(), waiting(), ...line], pace)).toBe('2 running; 14 in line: 2 a minute');
		expect(text([waiting(), waiting(), ...line])).toBe('2 running, 14 in line');
		expect(text([waiting(), waiting()])).toBe('2 running');
		expect(statusOf([queued], english, NOW_MS)).toMatchObject({
			...{ text: 'waiting in line', shape: 'ring' },
		});
	});

	it('says that the provider has no room, and when it is asked again', () => {
		const fullQueue = { jobs: 5, limit: 5, nextAtMs: NOW_MS + 20_000 };
		expect(text([{ stage: 'submitting', fullQueue }])).toBe(
			"5 of 5 in the provider's queue, looks again in 20 s",
		);
	});

	it('counts down, faster towards the end, and rests where nothing changes', () => {
		const left = (ms: number) => [waiting({}, { asked: 1, nextAtMs: NOW_MS + ms })];
		const again = [200_000, 60_000, 9_000, 0].map((ms) => showAgainInMs(left(ms), NOW_MS));
		expect(again).toEqual([30_000, 5_000, 1_000, undefined]);
		expect(showAgainInMs([...left(9_000), waiting()], NOW_MS)).toBeUndefined();
		expect(showAgainInMs([queued], NOW_MS)).toBeUndefined();
		// Who stands in line moves nothing, and what has no time to come does not count down.
		expect(showAgainInMs([queued, ...left(9_000), queued], NOW_MS)).toBe(1_000);
		expect(showAgainInMs([waiting()], 0)).toBeUndefined();
	});

	it.each([
		[90_001, 30_000],
		[90_000, 5_000],
		[12_001, 5_000],
		[12_000, 1_000],
		[1, 1_000],
		[0, undefined],
	])('is old with %i ms to go after %s ms', (leftMs, againMs) => {
		const fullQueue = { jobs: 5, limit: 5, nextAtMs: NOW_MS + leftMs };
		const polls = { asked: 1, nextAtMs: NOW_MS + leftMs };
		expect(showAgainInMs([waiting({}, polls)], NOW_MS)).toBe(againMs);
		expect(showAgainInMs([{ stage: 'submitting', fullQueue }], NOW_MS)).toBe(againMs);
	});

	it('names a job that failed, shortened where its id is long', () => {
		expect(failedStatus(english, undefined).text).toBe('failed');
		expect(failedStatus(english, 'short-id').text).toBe('failed: job short-id');
		expect(failedStatus(english, '0123456789abcdef').text).toBe('failed: job 0123456789abcdef');
		expect(failedStatus(english, '0123456789abcdefg').text).toBe('failed: job 0123456…9abcdefg');
		expect(failedStatus(english, 'j')).toMatchObject({ fill: 'red', shape: 'ring' });
		expect(failedStatus(english, '0123456789abcdefghij').text).toBe('failed: job 0123456…cdefghij');
	});
});
