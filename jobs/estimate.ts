/** The provider's estimate of a job's end: kept from the reply that gave it until another one comes. Pure. */
import { isFinal, type Job } from '../providers/contract';

/** A reader knows no clock of the job: what it finds in a reply is new, what was known before is not its to repeat. */
export function withoutEstimate(job: Job): Job {
	const { etaSeconds: _left, ...rest } = job;
	return rest;
}

/**
 * Many providers estimate once, in the reply to the submit, and say nothing later; others repeat that first number in
 * every reply. Neither means that the job has as long to go as at the start.
 *
 * @param read the job as a reply tells it, with the reply's own `etaSeconds` where it had one
 * @param known the estimate that the job had before
 */
export function withEstimate(read: Job, known: Job['estimate'], nowMs: number): Job {
	const { estimate: _before, ...job } = read;
	if (isFinal(job.status)) return withoutEstimate(job);
	const told = read.etaSeconds;
	const isNew = told !== undefined && told !== known?.seconds;
	const estimate = isNew ? { seconds: told, at: new Date(nowMs).toISOString() } : known;
	if (!estimate) return job;
	return { ...job, estimate, etaSeconds: Math.round(secondsLeft(estimate, nowMs)) };
}

/** In force for a job; of one that was stored before estimates were kept, the number that it has from its submit. */
export function estimateOf({ estimate, etaSeconds, submittedAt }: Job): Job['estimate'] {
	return (
		estimate ?? (etaSeconds === undefined ? undefined : { seconds: etaSeconds, at: submittedAt })
	);
}

/** Never under 0, and all of it where the clock stands before the estimate: clocks differ. */
export function secondsLeft(estimate: NonNullable<Job['estimate']>, nowMs: number): number {
	const passed = Math.max(0, nowMs - Date.parse(estimate.at)) / 1000 || 0;
	return Math.max(0, estimate.seconds - passed);
}
