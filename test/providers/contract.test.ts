/** The words of a job's state, which workflows that people saved compare with, and who needs a key. */
import { expect, it } from 'vitest';
import { isFinal, JOB_STATUSES, needsKey, type JobStatus } from '../../providers/contract';

const FINAL: Array<[JobStatus, boolean]> = [
	['queued', false],
	['processing', false],
	['succeeded', true],
	['failed', true],
	['cancelled', true],
];

it.each(FINAL)('a job that is %s is over: %s', (status, isOver) => {
	expect(isFinal(status)).toBe(isOver);
});

it('there are no other states', () => {
	expect(JOB_STATUSES).toEqual(FINAL.map(([status]) => status));
});

it.each([
	[{ kind: 'bearer' }, true],
	[{ kind: 'bearer', optional: false }, true],
	[{ kind: 'bearer', optional: true }, false],
	[{ kind: 'bodyKey', property: 'key' }, true],
] as const)('a provider with %j needs a key: %s', (authentication, needs) => {
	expect(needsKey(authentication)).toBe(needs);
});
