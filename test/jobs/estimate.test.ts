import { describe, expect, it } from 'vitest';
import { secondsLeft, withEstimate } from '../../jobs/estimate';
import { endsWithin, pauseSeconds } from '../../jobs/poll';
import type { Job } from '../../providers/contract';
import { newJob } from '../../providers/replies/job';
import { providerById } from '../../providers/registry';

const START = Date.UTC(2026, 0, 1);
const after = (seconds: number) => START + seconds * 1000;
const provider = providerById('modelslabV6');
const submitted = (etaSeconds?: number): Job =>
	withEstimate(
		{ ...newJob('modelslabV6', '1', START), ...(etaSeconds === undefined ? {} : { etaSeconds }) },
		undefined,
		START,
	);
/** The job after a reply that had this estimate, or none. */
const told = (job: Job, seconds: number, etaSeconds?: number): Job => {
	const { etaSeconds: _left, ...rest } = job;
	const read = { ...rest, ...(etaSeconds === undefined ? {} : { etaSeconds }) };
	return withEstimate(read, job.estimate, after(seconds));
};

describe('the estimate of a job', () => {
	it('of the submit stays in force while later replies have none', () => {
		const job = told(submitted(300), 60);
		expect(job.etaSeconds).toBe(240);
		expect(told(job, 200).etaSeconds).toBe(100);
		expect(pauseSeconds(provider, job, after(60))).toBe(120);
		expect(pauseSeconds(provider, job, after(60), { longestSeconds: 300 })).toBe(195);
	});

	it('that is repeated in every reply is the one from the start', () => {
		let job = submitted(300);
		for (const seconds of [60, 120, 180]) job = told(job, seconds, 300);
		expect(job.etaSeconds).toBe(120);
	});

	it('gives way to a newer one', () => {
		const job = told(submitted(20), 10, 500);
		expect(job.etaSeconds).toBe(500);
		expect(told(job, 110).etaSeconds).toBe(400);
	});

	it('that has passed says nothing: the job is asked for in proportion to its age', () => {
		const job = told(submitted(20), 400);
		expect(job.etaSeconds).toBe(0);
		expect(pauseSeconds(provider, job, after(400))).toBe(20);
		expect(endsWithin(provider, job, after(400), 61)).toBe(false);
	});

	it('says whether the job ends within so many seconds', () => {
		const job = submitted(100);
		expect(endsWithin(provider, job, START, 61)).toBe(false);
		expect(endsWithin(provider, job, after(50), 61)).toBe(true);
	});

	it('is gone with the end of the job', () => {
		const over = withEstimate({ ...submitted(300), status: 'succeeded' }, undefined, after(90));
		expect(over).not.toHaveProperty('etaSeconds');
		expect(over).not.toHaveProperty('estimate');
	});

	it('of a job that was stored before estimates were kept counts from its submit', () => {
		const stored: Job = { ...newJob('modelslabV6', '1', START), etaSeconds: 300 };
		expect(pauseSeconds(provider, stored, after(280))).toBe(14);
		expect(endsWithin(provider, stored, after(250), 61)).toBe(true);
	});

	it.each([
		[0, 90],
		[0.5, 89.5],
		[30, 60],
		[89.5, 0.5],
		[90, 0],
		[900, 0],
	])('counts down: after %s s there are %s left', (seconds, left) => {
		const at = new Date(START).toISOString();
		expect(secondsLeft({ seconds: 90, at }, after(seconds))).toBe(left);
	});

	it('is kept with the moment it was told at, and tells whole seconds', () => {
		const job = told(submitted(300), 60.4, 250);
		expect(job.estimate).toEqual({ seconds: 250, at: '2026-01-01T00:01:00.400Z' });
		expect(told(job, 70).etaSeconds).toBe(240);
		expect(told(submitted(), 10)).not.toHaveProperty('etaSeconds');
		expect(told(submitted(), 10)).not.toHaveProperty('estimate');
	});

	it.each(['yesterday', '2999-01-01T00:00:00.000Z'])('given at %s is all ahead', (at) => {
		expect(secondsLeft({ seconds: 90, at }, START)).toBe(90);
	});
});
