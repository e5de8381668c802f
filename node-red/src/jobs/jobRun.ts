/** One message on its way through a node. */
import type { Job } from '../../../providers/contract';
import type { Message } from '../messages/message';
import type { OutputPlan } from '../output/video';

export type Stage = 'queued' | 'submitting' | 'waiting' | 'downloading';

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
	stop?: Stop;
	/** The job's end is what was asked for, so it is no error. */
	cancels?: boolean;
	controller: AbortController;
}

/** What is known of a message that may get in line. */
export interface PreparedJob extends Omit<
	JobRun,
	'msg' | 'send' | 'done' | 'stage' | 'controller'
> {
	/** Submits, or finds the job that exists. */
	begin(run: JobRun): Promise<Job>;
}

export function newJobRun(
	{ plan, deadlineMs, wait, job, cancels }: Omit<PreparedJob, 'begin'>,
	msg: Message,
	send: JobRun['send'],
	done: JobRun['done'],
): JobRun {
	return {
		...{ msg, send, done, plan, deadlineMs, wait, stage: 'queued' },
		...(job ? { job } : {}),
		...(cancels ? { cancels } : {}),
		controller: new AbortController(),
	};
}

export function stopJobRun(run: JobRun, why: Stop): void {
	run.stop ??= why;
	run.controller.abort();
}
