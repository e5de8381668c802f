/**
 * Error replies of Stable Diffusion API and ModelsLab. All shapes: `message`, `messege` or `error` as text, as an
 * object of field → texts or as a list; `tip` or `tips` beside it; HTTP 200 with `status: "error"`; HTTP 429 with
 * `retry_after` in the body.
 */
import type { FailureCode, JsonObject, ProviderFailure, Reply } from '../contract';
import {
	acceptedAfter,
	codeOfStatus,
	codeOfText,
	flattenText,
	httpFailure,
} from '../replies/failures';
import { finiteNumber } from '../replies/coerce';
import { isObject } from '../schema/wire';

/** The old "Rate limit exceeded" reply names no time; its tip speaks of half a minute. */
const UNSAID_RATE_LIMIT_WAIT_SECONDS = 30;

/** These statuses say more than any wording. */
const DECISIVE_STATUSES = new Set([401, 402, 429]);

/**
 * @param accepted `yes` where the reply is to a question about a job that exists
 */
export function readFailure(reply: Reply, accepted?: 'yes'): ProviderFailure {
	const body = isObject(reply.body) ? reply.body : {};
	const message = errorText(body);
	const code = codeOf(reply.status, body, message);
	const wait =
		finiteNumber(body.retry_after) ?? (code === 'rate_limited' ? unsaidWait(reply) : undefined);
	return httpFailure(reply, {
		code,
		message,
		retryAfterSeconds: wait,
		accepted: accepted ?? acceptedOf(reply.status, body, code),
	});
}

/** The provider's own words, wherever it put them. */
export const errorText = (body: JsonObject): string | undefined =>
	flattenText(body.message) ??
	flattenText(body.messege) ??
	flattenText(body.error) ??
	flattenText(body.tips) ??
	flattenText(body.tip);

export const isWord = (value: unknown, word: string): boolean =>
	typeof value === 'string' && value.toLowerCase() === word;

/** An explicit no, whatever the HTTP status says. */
export const isRefusal = (body: JsonObject): boolean =>
	isWord(body.status, 'error') ||
	isWord(body.status, 'failed') ||
	(body.status === undefined && flattenText(body.error) !== undefined);

function codeOf(
	status: number,
	body: JsonObject,
	text: string | undefined,
): FailureCode | undefined {
	if (DECISIVE_STATUSES.has(status)) return codeOfStatus(status);
	if (status >= 500) return 'provider_error';
	if (status < 300 && !isRefusal(body)) return undefined;
	if (isObject(body.message) || isObject(body.messege)) return 'invalid_request';
	const byText = text === undefined ? undefined : (codeOfText(text) ?? faultOfText(text));
	if (byText) return byText;
	if (isWord(body.status, 'failed')) return 'generation_failed';
	return status < 300 ? 'invalid_request' : codeOfStatus(status);
}

/** An error of theirs in a reply that has HTTP 200. */
const faultOfText = (text: string): FailureCode | undefined => {
	if (/server error|internal error|timed? ?out|maintenance/i.test(text)) return 'provider_error';
	return /\b(not found|invalid (request )?id|no such request)\b/i.test(text)
		? 'not_found'
		: undefined;
};

/** A refusal in so many words is trusted; a fault of theirs leaves it open whether a job was made. */
function acceptedOf(status: number, body: JsonObject, code: FailureCode | undefined) {
	if (status < 300 && isRefusal(body)) return code === 'provider_error' ? 'unknown' : 'no';
	return acceptedAfter(status);
}

const unsaidWait = (reply: Reply): number | undefined =>
	reply.headers['retry-after'] === undefined ? UNSAID_RATE_LIMIT_WAIT_SECONDS : undefined;
