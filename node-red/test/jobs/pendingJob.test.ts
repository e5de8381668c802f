/** What of a message outlives its node. */
import { describe, expect, it } from 'vitest';
import { failure } from '../../../providers/replies/failures';
import { newJobRun, stopJobRun, type PreparedJob } from '../../src/jobs/jobRun';
import { isPendingJob, isQueued, pendingJobOf, type Pending } from '../../src/jobs/pendingJob';
import { isSubmitIntent } from '../../src/jobs/submitIntents';
import { jobOf } from '../support/loneNode';

const send = () => undefined;
const done = () => undefined;
const least = { plan: { mode: 'job', maxBytes: 1 }, deadlineMs: 7, wait: true } as const;
const most: Partial<PreparedJob> = {
	...{ job: jobOf('a'), cancels: true, asked: { model: 'wan' }, kind: 'localGpu wan' },
};
const runOf = (more: Partial<PreparedJob> = {}) =>
	newJobRun({ ...least, ...more }, { payload: 'x' }, send, done);

describe('a message on its way', () => {
	it('begins in line, with all that is known of it and nothing else', () => {
		const { controller, ...run } = runOf();
		expect(run).toStrictEqual({ ...least, msg: { payload: 'x' }, send, done, stage: 'queued' });
		expect(controller.signal.aborted).toBe(false);
		expect(runOf(most)).toMatchObject(most);
		expect(runOf({ kind: '' })).toHaveProperty('kind', '');
	});

	it('is stopped once: why, does not change any more', () => {
		const run = runOf();
		stopJobRun(run, 'cancel');
		stopJobRun(run, 'close');
		expect([run.stop, run.controller.signal.aborted]).toEqual(['cancel', true]);
	});

	it('is kept with its job as it is needed to go on, and not before there is one', () => {
		expect(pendingJobOf(runOf({ cancels: true, kind: 'k' }))).toBeUndefined();
		const kept = { ...least, msg: { payload: 'x' } };
		expect(pendingJobOf(runOf(most))).toStrictEqual({ ...kept, ...most });
		expect(pendingJobOf(runOf({ job: jobOf('a') }))).toStrictEqual({ ...kept, job: jobOf('a') });
	});
});

describe('what waits for the next instance', () => {
	const plan = { mode: 'job', maxBytes: 1 } as const;
	const intent = { ...{ key: 'k', provider: 'p', sentAt: 't', msg: {}, plan, wait: true } };
	it.each<[string, Pending, boolean]>([
		['a message in line', { msg: {} }, true],
		['a job', { ...least, msg: {}, job: jobOf('a') }, false],
		['a failure', { msg: {}, failure: failure('network', 'No', { accepted: 'no' }) }, false],
		['a submit', { msg: {}, intent }, false],
	])('is in line or not: %s', (_what, pending, queued) => {
		expect(isQueued(pending)).toBe(queued);
	});

	it.each<[string, unknown]>([
		['nothing', null],
		['a text', 'job'],
		['no job', { ...least, msg: {} }],
		['half a job', { ...least, msg: {}, job: { jobId: 'a' } }],
		['no message', { ...least, job: jobOf('a') }],
		['a text for a message', { ...least, msg: 'x', job: jobOf('a') }],
		['no deadline', { ...least, msg: {}, job: jobOf('a'), deadlineMs: '7' }],
		['no plan', { ...least, msg: {}, job: jobOf('a'), plan: 'file' }],
	])('is not taken up where a store gives %s', (_what, value) => {
		expect(isPendingJob(value)).toBe(false);
		expect(isPendingJob({ ...least, msg: {}, job: jobOf('a') })).toBe(true);
	});

	it.each<[string, unknown]>([
		['nothing', null],
		['no key', { ...intent, key: 7 }],
		['no provider', { ...intent, provider: undefined }],
		['no time', { ...intent, sentAt: 7 }],
		['no message', { ...intent, msg: null }],
		['no plan', { ...intent, plan: 'file' }],
	])('is no submit where a store gives %s', (_what, value) => {
		expect(isSubmitIntent(value)).toBe(false);
		expect(isSubmitIntent(intent)).toBe(true);
	});
});
