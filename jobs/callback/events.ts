/** What a callback is about: the kind of news, and when two messages are the same news. */
import { isFinal, JOB_STATUSES, type Job } from '../../providers/contract';
import type { Deduplication } from './deduplication';

/** What a receiver may want to hear of. `progress`: a job that is not final yet. */
export const CALLBACK_EVENTS = ['succeeded', 'failed', 'cancelled', 'progress', 'test'] as const;
export type CallbackEvent = (typeof CALLBACK_EVENTS)[number];

export function eventOf(job: Job, testEvent: boolean): CallbackEvent {
	if (testEvent) return 'test';
	return isFinal(job.status) ? (job.status as CallbackEvent) : 'progress';
}

export const isWanted = (
	events: readonly CallbackEvent[] | undefined,
	event: CallbackEvent,
): boolean => !events || events.includes(event);

/** Messages can overtake each other: "processing" is old news once the end of the job was told. */
export const isOvertaken = (job: Job, seen: Deduplication, nowMs: number): boolean =>
	!isFinal(job.status) &&
	JOB_STATUSES.some((status) => isFinal(status) && seen.has(stateKey({ ...job, status }), nowMs));

/** The same state of the same job is one message, however often and under whatever delivery id it comes. */
export function stateKey(job: Job): string {
	const progress = isFinal(job.status) ? '' : ` ${job.progress ?? 0}`;
	return `job ${job.provider} ${job.jobId} ${job.status}${progress}`;
}
