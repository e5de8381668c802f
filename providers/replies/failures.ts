/** Error replies in the words of the package: one place that says what each kind of failure means and what to do. */
import type { Accepted, FailureCode, ProviderFailure, Reply } from '../contract';
import { isObject } from '../schema/wire';

const ADVICE: Record<FailureCode, string> = {
	cancelled:
		'No video comes of this job. A new one is charged anew: start it only if you still want the video.',
	expired: 'The provider no longer has this job. Start a new one.',
	generation_failed:
		'Change the prompt or the settings and try again, or ask the provider with the job id.',
	invalid_key: 'Check the API key and the base URL in the credential.',
	invalid_request: 'Change the field that the message names and try again.',
	model_not_found: 'Choose a model from the list, or check its spelling.',
	moved: 'Set the base URL in the credential to the new address, if you trust it.',
	network:
		'Check the base URL in the credential and that the service can be reached from this machine.',
	no_credit: 'Add credit to the account at the provider, then run again.',
	not_allowed: 'The account may not use this. Check its plan with the provider.',
	not_found:
		'Check the job id and that the credential belongs to the account that submitted the job.',
	prompt_refused: 'Change the prompt: the provider does not accept its content.',
	provider_error: 'The provider has a problem. Try again later.',
	rate_limited: 'Wait, then run again, or lower Parallel Jobs.',
	unreadable_reply:
		'Check the base URL in the credential: something else than the provider may have answered.',
};

const RETRYABLE: ReadonlySet<FailureCode> = new Set(['rate_limited', 'provider_error', 'network']);

export const NO_ENDPOINT_ADVICE =
	'Check the base URL in the credential: there is no such endpoint at this address. It is the address of the service alone, without the path of the endpoint.';

export const DOUBTFUL_ADVICE =
	'The job may have been accepted and may cost money. Look for it at the provider before you submit it again.';

/** A submit asks for no job, so what is not there is the address. */
const NO_SUCH_ADDRESS_ADVICE =
	'Check the base URL in the credential: the path of each call is added to it, so it ends before /v1, /v3 or /api.';

const LONGEST_MESSAGE = 1000;
/** Nobody nests a message for people deeper than this; a body that does is not walked to its end. */
const DEEPEST_TEXT = 6;

const shortened = (text: string, longest: number): string =>
	text.length <= longest ? text : `${text.slice(0, longest)}…`;

export function failure(
	code: FailureCode,
	message: string,
	more: Partial<Omit<ProviderFailure, 'code' | 'message'>> & { accepted: Accepted },
): ProviderFailure {
	return {
		code,
		message: shortened(message, LONGEST_MESSAGE),
		advice: adviceOf(code, more),
		retryable: RETRYABLE.has(code),
		...more,
	};
}

function adviceOf(
	code: FailureCode,
	{ accepted, retryAfterSeconds }: { accepted: Accepted; retryAfterSeconds?: number },
): string {
	if (accepted === 'unknown') return DOUBTFUL_ADVICE;
	if (code === 'not_found' && accepted === 'no') return NO_SUCH_ADDRESS_ADVICE;
	if (code !== 'rate_limited' || !retryAfterSeconds) return ADVICE[code];
	return `Wait ${Math.ceil(retryAfterSeconds)} seconds, then run again, or lower Parallel Jobs.`;
}

/** HTTP status to the code that fits where the body says nothing better. */
export function codeOfStatus(status: number): FailureCode {
	if (status < 300) return 'unreadable_reply';
	if (status < 400) return 'moved';
	if (status === 401) return 'invalid_key';
	if (status === 402) return 'no_credit';
	if (status === 403) return 'not_allowed';
	if (status === 404 || status === 410) return 'not_found';
	if (status === 429) return 'rate_limited';
	// 408: whoever answered gave up waiting, which need not be the one who works on the job.
	if (status >= 500 || status === 408) return 'provider_error';
	return 'invalid_request';
}

/**
 * Whether a submit that was answered with this status may have made a job. A reply that says "no" is trusted below
 * 500; after a 5xx, a 408, and after a 2xx that can not be read, nobody knows.
 */
export function acceptedAfter(status: number): Accepted {
	return status >= 500 || status === 408 || status < 300 ? 'unknown' : 'no';
}

/**
 * The failure of a question about no job. It submits nothing, so nothing of it can be in doubt: an answer that would
 * leave a submit so must not send anyone to look for a job that nobody ordered.
 */
export function questionFailure(told: ProviderFailure): ProviderFailure {
	if (told.accepted !== 'unknown') return told;
	const { code, message, advice, accepted: _doubt, ...rest } = told;
	const general = failure(code, message, { ...rest, accepted: 'no' });
	return advice === DOUBTFUL_ADVICE ? general : { ...general, advice };
}

/**
 * Success without a video is no end: a reply that lost something on its way looks the same, the job was paid, and a
 * job that counts as failed would be made again. It is asked about again, like any reply that can not be read.
 */
export const successWithoutVideo = (reply: Reply): ProviderFailure =>
	failure('unreadable_reply', 'The provider reports success but gave no video.', {
		accepted: 'yes',
		httpStatus: reply.status,
		advice: 'Ask for it again later with Fetch Result, or ask the provider with the job id.',
	});

/** The failure of a call whose reply is an HTTP error or unreadable; providers pass better words where they know them. */
export function httpFailure(
	reply: Reply,
	known: {
		code?: FailureCode | undefined;
		message?: string | undefined;
		retryAfterSeconds?: number | undefined;
		accepted?: Accepted | undefined;
	} = {},
): ProviderFailure {
	const code = known.code ?? codeOfStatus(reply.status);
	return failure(code, known.message || statusMessage(reply), {
		accepted: known.accepted ?? acceptedAfter(reply.status),
		httpStatus: reply.status,
		...withRetryAfter(known.retryAfterSeconds ?? retryAfterSeconds(reply)),
	});
}

function statusMessage(reply: Reply): string {
	const text = textOf(reply.body);
	if (reply.status < 300)
		return `The reply could not be read${text ? `: ${text}` : ' (it was empty)'}.`;
	if (reply.status < 400) {
		return `The service answered with a redirect to ${reply.headers.location ?? 'another address'}. The key is not sent there.`;
	}
	return `The service answered with HTTP ${reply.status}${text ? `: ${text}` : ''}.`;
}

function textOf(body: unknown): string {
	const text = typeof body === 'string' ? body : (flattenText(body) ?? '');
	if (/^\s*<(!doctype|html)/i.test(text)) return 'a web page instead of an answer';
	return shortened(text, 200);
}

/** `Retry-After` in seconds. A date is held against the reply's own, so that no clock has to agree with another. */
function retryAfterSeconds(reply: Reply): number | undefined {
	const header = reply.headers['retry-after'];
	if (header === undefined || header.trim() === '') return undefined;
	const seconds = Number(header);
	if (!Number.isNaN(seconds)) return seconds >= 0 && Number.isFinite(seconds) ? seconds : undefined;
	const waitMs = Date.parse(header) - Date.parse(reply.headers.date ?? '');
	return Number.isNaN(waitMs) ? undefined : Math.max(0, Math.ceil(waitMs / 1000));
}

const withRetryAfter = (seconds: number | undefined) =>
	seconds === undefined ? {} : { retryAfterSeconds: seconds };

/**
 * The human text in a value that may be a string, an object of field → messages, or an array of either: providers use
 * all of them in the same place.
 */
export function flattenText(value: unknown, depth = 0): string | undefined {
	if (depth > DEEPEST_TEXT) return undefined;
	if (typeof value === 'string') return value.trim() || undefined;
	if (typeof value === 'number') return String(value);
	if (Array.isArray(value)) return joined(value.map((inner) => flattenText(inner, depth + 1)));
	if (isObject(value)) {
		return joined(
			Object.entries(value).map(([key, inner]) => {
				const text = flattenText(inner, depth + 1);
				return text && (/^\d+$/.test(key) || text.toLowerCase().includes(key.toLowerCase()))
					? text
					: text && `${key}: ${text}`;
			}),
		);
	}
	return undefined;
}

const joined = (texts: Array<string | undefined>): string | undefined =>
	texts.filter(Boolean).join('; ') || undefined;

/** A failure code guessed from the provider's words, where neither status nor reason decides. */
export function codeOfText(text: string): FailureCode | undefined {
	if (/rate limit|too many requests|queued requests/i.test(text)) return 'rate_limited';
	if (/api[ _-]?key|unauthori[sz]ed/i.test(text)) return 'invalid_key';
	if (/insufficient|credits?\b|balance|subscription|payment|billing/i.test(text))
		return 'no_credit';
	if (
		/model\b.*(not found|does not exist|unknown|deprecated|retired|discontinued|no longer)/i.test(
			text,
		)
	)
		return 'model_not_found';
	if (/nsfw|moderat|safety|illegal|prohibited|sensitive|content policy/i.test(text))
		return 'prompt_refused';
	return undefined;
}
