/** Failures as Node-RED shows them: an Error whose message says what happened, with the job's id, and what to do. */
import type { Job, ProviderFailure } from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import type { Message } from './message';
import { inNodeRedWords } from './words';

export class JobError extends Error {
	override name = 'JobError';
	/** For a Switch node behind Catch: `msg.error.code`. */
	readonly code: string;
	readonly failure: ProviderFailure;
	constructor(
		reason: ProviderFailure,
		readonly job?: Job,
	) {
		const failure = { ...reason, advice: inNodeRedWords(reason.advice) };
		super(messageOf(failure, job));
		this.failure = failure;
		this.code = failure.code;
	}

	/** What Catch and the debug sidebar show: the words, without the name of a class. */
	override toString(): string {
		return this.message;
	}
}

/** Nothing was sent. */
export const refused = (message: string, advice: string): JobError =>
	new JobError(failure('invalid_request', message, { accepted: 'no', advice }));

/** What Catch gets: the message as it came, the job where there is one, and the failure as data. */
export function describe(msg: Message, error: JobError): void {
	msg.failure = error.failure;
	if (error.job) msg.job = error.job;
}

/** Why a message ends for which nothing was sent. */
export const asRefusal = (error: unknown): JobError =>
	error instanceof JobError
		? error
		: refused(error instanceof Error ? error.message : String(error), '');

export const asJobError = (error: unknown, job?: Job): JobError => {
	if (error instanceof JobError) {
		if (error.job || !job) return error;
		// Such as an account that is no longer there: nothing was sent this time, but the job exists.
		return new JobError({ ...error.failure, accepted: 'yes' }, job);
	}
	const message = error instanceof Error ? error.message : String(error);
	return new JobError(
		failure('provider_error', message, { accepted: job ? 'yes' : 'unknown' }),
		job,
	);
};

function messageOf({ message, advice }: ProviderFailure, job: Job | undefined): string {
	const about = job && !message.includes(job.jobId) ? `Job ${job.jobId}: ` : '';
	return `${about}${sentence(message)} ${advice}`.trim();
}

/** What a provider says often ends without a full stop, and the advice comes behind it. */
const sentence = (text: string): string => {
	const trimmed = text.trim();
	return trimmed === '' || /[.!?…:;。！？]["')\]”’]*$/.test(trimmed) ? trimmed : `${trimmed}.`;
};

const LONGEST_SHOWN = 80;

/** A value as a message to people shows it. */
export function shown(value: unknown): string {
	const text = typeof value === 'string' ? value : textOf(value);
	return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;
}

function textOf(value: unknown): string {
	try {
		return JSON.stringify(value) ?? String(value);
	} catch {
		// Such as one that holds itself, or a BigInt.
		return Object.prototype.toString.call(value);
	}
}
