/** One message on its way through a node. */
import type { FullQueue } from '../../../jobs/queueRoom';
import type { Job, RequestValues } from '../../../providers/contract';
import type { JobError } from '../messages/errors';
import type { Message } from '../messages/message';
import type { OutputPlan } from '../output/outputPlan';
import type { SubmitIntent } from './submitIntents';
import type { Polls, Stage } from './status';

/** `close`: the node goes, the job does not. `cancel`: someone asked for the job's end. */
export type Stop = 'close' | 'cancel';

export interface JobRun {
	msg: Message;
	send(msg: Message): void;
	done(error?: Error): void;
	stage: Stage;
	plan: OutputPlan;
	/** When the waiting ends, in Unix milliseconds. */
	deadlineMs: number;
	/** Whether to wait for the end, or pass the job on as it is. */
	wait: boolean;
	job?: Job;
	/** Of the submit that was sent for it. */
	submitKey?: string;
	/** The submit of an earlier process that this one finds out about. */
	interrupted?: SubmitIntent;
	/** How the waiting goes. */
	polls?: Polls;
	/** Set while the provider's queue has no room for the submit. */
	fullQueue?: FullQueue;
	/** How long a job of the kind usually takes, in seconds. */
	usualSeconds?: number;
	/** Under which name the time that such jobs take is remembered. */
	kind?: string;
	/** What of the request names the model, on which it depends how long the job takes. */
	asked?: RequestValues;
	/** What the job was quoted at, in USD. Never rejects. */
	quoted?: Promise<number | undefined>;
	stop?: Stop;
	/** The job's end is what was asked for, so it is no error. */
	cancels?: boolean;
	/** Set where a message asked for this one's end. */
	cancellation?: Cancellation;
	controller: AbortController;
}

export interface Cancellation {
	/** A job that the provider can not cancel is no longer waited for either. */
	stopsWaiting: boolean;
	/** @param goesOn why the job goes on; absent where it is over */
	settled(goesOn?: JobError): void;
}

/** What is known of a message that may get in line. */
export interface PreparedJob extends Omit<
	JobRun,
	'msg' | 'send' | 'done' | 'stage' | 'controller' | 'cancellation'
> {
	begin: Begin;
}

/** What is known of a message that wants something else than a job. */
export interface Answer {
	/** @returns the message to pass on */
	answer(signal: AbortSignal): Promise<Message>;
}

/** Submits, or finds the job that exists. */
export type Begin = (run: JobRun, writeIntent: WriteIntent, show: () => void) => Promise<Job>;

/** Writes down what is about to be sent, so that it is known of whatever happens to the process. */
export type WriteIntent = (
	submit: Pick<SubmitIntent, 'key' | 'requestId' | 'provider' | 'values'>,
) => Promise<void>;

export function newJobRun(
	{ plan, deadlineMs, wait, job, cancels, asked, kind }: Omit<PreparedJob, 'begin'>,
	msg: Message,
	send: JobRun['send'],
	done: JobRun['done'],
): JobRun {
	return {
		...{ msg, send, done, plan, deadlineMs, wait, stage: 'queued' },
		...(job ? { job } : {}),
		...(cancels ? { cancels } : {}),
		...(asked ? { asked } : {}),
		...(kind === undefined ? {} : { kind }),
		controller: new AbortController(),
	};
}

export function stopJobRun(run: JobRun, why: Stop): void {
	run.stop ??= why;
	run.controller.abort();
}
