/** Failures as Node-RED shows them: an Error whose message says what happened, with the job's id, and what to do. */
import type { Job, Provider, ProviderFailure } from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import { failureText, sentence } from '../../../providers/replies/failureText';
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
		/** Whose words they are, where they are a provider's. */
		readonly title?: string,
	) {
		const failure = { ...reason, advice: inNodeRedWords(reason.advice) };
		super(messageOf(failure, job, title));
		this.failure = failure;
		this.code = failure.code;
	}

	/** What Catch and the debug sidebar show: the words, without the name of a class. */
	override toString(): string {
		return this.message;
	}
}

/** What came of asking a provider: its name, the HTTP status and the job's id stand in the message. */
export const providerError = (
	{ account }: Provider,
	reason: ProviderFailure,
	job?: Job,
): JobError => new JobError(reason, job, account.title);

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
		return new JobError({ ...error.failure, accepted: 'yes' }, job, error.title);
	}
	const message = error instanceof Error ? error.message : String(error);
	return new JobError(
		failure('provider_error', message, { accepted: job ? 'yes' : 'unknown' }),
		job,
	);
};

function messageOf(reason: ProviderFailure, job: Job | undefined, title?: string): string {
	const text = sentence(failureText(reason, { title, jobId: job?.jobId }));
	return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)} ${reason.advice}`.trim();
}

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
