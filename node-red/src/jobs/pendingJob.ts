/** What of a message outlives its node: the next instance of the node goes on with it. Plain data. */
import { isJob } from '../../../jobs/resolveJob';
import type { Job, ProviderFailure, RequestValues } from '../../../providers/contract';
import { isObject } from '../../../providers/schema/wire';
import type { Message } from '../messages/message';
import type { OutputPlan } from '../output/outputPlan';
import type { JobRun } from './jobRun';
import type { SubmitIntent } from './submitIntents';

export interface PendingJob {
	job: Job;
	msg: Message;
	/** Unix milliseconds. */
	deadlineMs: number;
	plan: OutputPlan;
	/** Whether to wait for the end, or pass the job on as it is. */
	wait: boolean;
	/** The job's end is what was asked for. */
	cancels?: boolean;
	/** What of the request names the model. */
	asked?: RequestValues;
	/** Under which name the time that such jobs take is remembered. */
	kind?: string;
	intent?: undefined;
}

/** A message in line, for which nothing was submitted. */
export interface QueuedMessage {
	msg: Message;
	job?: undefined;
	failure?: undefined;
	intent?: undefined;
}

/** A message that failed when nobody was there to be told. */
export interface FailedMessage {
	msg: Message;
	job?: undefined;
	failure: ProviderFailure;
	/** Whose words the failure's are, where they are a provider's. */
	title?: string;
	/** The job that it is about, where there is one; nothing goes on with it. */
	failedJob?: Job;
	/** Of the submit whose outcome is in doubt. */
	submitKey?: string;
	intent?: undefined;
}

/** A message whose submit was sent by a process that ended before the answer was there. */
export interface InterruptedSubmit {
	msg: Message;
	job?: undefined;
	failure?: undefined;
	intent: SubmitIntent;
}

export type Pending = PendingJob | QueuedMessage | FailedMessage | InterruptedSubmit;

export const isQueued = (pending: Pending): pending is QueuedMessage =>
	!pending.job && !pending.failure && !pending.intent;

/** What there is to keep of a message whose job exists. */
export function pendingJobOf(run: JobRun): PendingJob | undefined {
	const { job, msg, deadlineMs, plan, wait, cancels, asked, kind } = run;
	return (
		job && {
			...{ job, msg, deadlineMs, plan, wait },
			...(cancels ? { cancels } : {}),
			...(asked ? { asked } : {}),
			...(kind === undefined ? {} : { kind }),
		}
	);
}

/** Of what lay in the context store, which people can change. */
export const isPendingJob = (value: unknown): value is PendingJob => {
	const pending = value as Partial<PendingJob> | null;
	return (
		isObject(pending) &&
		isJob(pending.job) &&
		isObject(pending.msg) &&
		typeof pending.deadlineMs === 'number' &&
		isObject(pending.plan)
	);
};
