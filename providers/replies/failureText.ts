/** A failure as people read it: who it comes from, about which job, with which HTTP status, and what happened. Pure. */
import type { ProviderFailure } from '../contract';

export interface FailureSource {
	/** The provider's name, as in "Novita". */
	title?: string | undefined;
	jobId?: string | undefined;
}

/**
 * The provider's own words often name neither itself nor the status: "Unauthorized" alone tells nobody where to look.
 *
 * @returns `Novita, job 7 (HTTP 401): Unauthorized`, without what the words say themselves
 */
export function failureText(
	{ message, httpStatus }: Pick<ProviderFailure, 'message' | 'httpStatus'>,
	{ title, jobId }: FailureSource = {},
): string {
	const text = message.trim().replace(/\.(\s*\.)+$/, '.');
	const job = jobId && !text.includes(jobId) ? `job ${jobId}` : '';
	const name = title && !text.includes(title) ? title : '';
	const status =
		httpStatus === undefined || new RegExp(`\\b${httpStatus}\\b`).test(text)
			? ''
			: `HTTP ${httpStatus}`;
	const about = [name, job].filter(Boolean).join(', ');
	const source = about && status ? `${about} (${status})` : about || status;
	return [source, text].filter(Boolean).join(': ');
}

/**
 * A failure as a log has it, which is kept for long and read by many. The words of a reply are the provider's, and may
 * repeat the prompt; what they come to is said instead. People read them where the job fails.
 *
 * @returns a sentence
 */
export function loggedFailure(failure: ProviderFailure, source: FailureSource = {}): string {
	const { code, httpStatus, message } = failure;
	const said = httpStatus === undefined ? message : code.replaceAll('_', ' ');
	return sentence(failureText({ ...failure, message: said }, source));
}

/** What a provider says often ends without a full stop, and the advice comes behind it. */
export function sentence(text: string): string {
	const trimmed = text.trim();
	return trimmed === '' || /[.!?…:;。！？]["')\]”’]*$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
