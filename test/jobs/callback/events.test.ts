/** What a callback is about, and when two are the same news. */
import { describe, expect, it } from 'vitest';
import { createDeduplication } from '../../../jobs/callback/deduplication';
import {
	CALLBACK_EVENTS,
	eventOf,
	isOvertaken,
	isWanted,
	stateKey,
} from '../../../jobs/callback/events';
import type { Job } from '../../../providers/contract';
import { newJob } from '../../../providers/replies/job';

const job = (status: Job['status'], more: Partial<Job> = {}): Job => ({
	...newJob('novita', 'j1', 0),
	status,
	...more,
});

describe('the kind of a callback', () => {
	it('is one of those that saved workflows name', () => {
		expect(CALLBACK_EVENTS).toEqual(['succeeded', 'failed', 'cancelled', 'progress', 'test']);
	});

	it.each([
		['queued', 'progress'],
		['processing', 'progress'],
		['succeeded', 'succeeded'],
		['failed', 'failed'],
		['cancelled', 'cancelled'],
	] as const)('of a job that is %s is %s, and a test where it says so', (status, event) => {
		expect(eventOf(job(status), false)).toBe(event);
		expect(eventOf(job(status), true)).toBe('test');
	});

	it('is wanted where it was chosen, or where nothing was', () => {
		expect(isWanted(undefined, 'progress')).toBe(true);
		expect(isWanted(['failed', 'progress'], 'progress')).toBe(true);
		expect(isWanted(['failed'], 'progress')).toBe(false);
		expect(isWanted([], 'progress')).toBe(false);
	});
});

describe('news', () => {
	it.each<[string, Job, boolean]>([
		['the same once more', job('processing', { progress: 10 }), true],
		['more progress', job('processing', { progress: 11 }), false],
		['no progress told', job('processing'), false],
		['another status', job('queued', { progress: 10 }), false],
		['another job', job('processing', { progress: 10, jobId: 'j2' }), false],
		['another provider', job('processing', { progress: 10, provider: 'localGpu' }), false],
	])('is known again or not: %s', (_what, next, isSame) => {
		expect(stateKey(next) === stateKey(job('processing', { progress: 10 }))).toBe(isSame);
	});

	it('of an end is the same whatever progress it tells, and none told is none made', () => {
		expect(stateKey(job('succeeded', { progress: 100 }))).toBe(stateKey(job('succeeded')));
		expect(stateKey(job('queued', { progress: 0 }))).toBe(stateKey(job('queued')));
	});

	it.each(['succeeded', 'failed', 'cancelled'] as const)(
		'of a job that goes on is old once it has %s; of an end it never is',
		(end) => {
			const seen = createDeduplication();
			expect(isOvertaken(job('processing'), seen, 1)).toBe(false);
			seen.add(stateKey(job(end)), 0);
			expect(isOvertaken(job('processing'), seen, 1)).toBe(true);
			expect(isOvertaken(job('processing', { jobId: 'j2' }), seen, 1)).toBe(false);
			expect(isOvertaken(job(end), seen, 1)).toBe(false);
		},
	);

	it('of a job that goes on is not made old by earlier such news', () => {
		const seen = createDeduplication();
		seen.add(stateKey(job('queued')), 0);
		expect(isOvertaken(job('queued'), seen, 1)).toBe(false);
	});
});
