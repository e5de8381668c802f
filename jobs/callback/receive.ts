/**
 * A provider's callback, from raw bytes to a result: authentic? readable? ours? seen before? wanted? Pure but for what
 * it notes in `seen`. The sender gets its answer from this; `confirm.ts` asks the provider afterwards.
 */
import { timingSafeEqual } from 'node:crypto';
import type { CallbackReading, Job, Provider } from '../../providers/contract';
import { isObject } from '../../providers/schema/wire';
import type { Account } from '../host';
import { eventOf, isOvertaken, isWanted, stateKey, type CallbackEvent } from './events';
import { parseJson } from './parseJson';
import type { Deduplication } from './deduplication';
import { verify } from './standardWebhooks';

/** Callbacks are a few kilobytes; a host must stop reading at this size. */
export const MAX_CALLBACK_BYTES = 1024 ** 2;

export interface IncomingCallback {
	provider: Provider;
	account: Account;
	/** The body exactly as it was sent. */
	rawBody: Uint8Array;
	/** Lower-case names. */
	headers: Record<string, string | string[] | undefined>;
	/** The unguessable part of the URL, where the receiver's URL has one of its own to check. */
	token?: { given: string | undefined; expected: string };
	/** Standard Webhooks secrets; several while one is being replaced. */
	secrets?: readonly string[];
	/** Absent: all. */
	events?: readonly CallbackEvent[];
	/** Which jobs are wanted, e.g. by their tracking id. Absent: all. */
	wants?: (job: Job) => boolean;
	seen: Deduplication;
	nowMs: number;
}

/** The answer to the sender, and the job where there is one to go on with. */
export interface CallbackResult {
	status: 200 | 202 | 400 | 401 | 413 | 415;
	/** For the sender and the log. Tells a forger nothing that helps. */
	reason: string;
	job?: Job;
	event?: CallbackEvent;
	/** The sender signed, so that the provider need not be asked. */
	trusted?: boolean;
}

export function receiveCallback(incoming: IncomingCallback): CallbackResult {
	const { provider, account, rawBody, headers, token, nowMs, seen } = incoming;
	if (token && !sameText(token.given ?? '', token.expected)) {
		return refuse(401, 'The address is not complete: its secret part is missing or wrong.');
	}
	if (rawBody.byteLength > MAX_CALLBACK_BYTES) return refuse(413, 'The message is too large.');
	if (!isJsonType(headers)) {
		return refuse(415, 'The message must be JSON (Content-Type: application/json).');
	}
	const signature = checkSignature(incoming);
	if (signature === 'wrong') {
		return refuse(401, 'The signature is missing, too old, or does not match the secret.');
	}
	const reading = readBody(provider, account, rawBody, nowMs);
	if ('refusal' in reading) return reading.refusal;

	const { job, testEvent = false } = reading;
	const deliveryId = reading.deliveryId ?? headerText(headers, 'webhook-id');
	const trusted = signature === 'right';
	const event = eventOf(job, testEvent);
	if (!isWanted(incoming.events, event)) {
		return { status: 200, reason: `Events of the kind "${event}" are not wanted.` };
	}
	if (incoming.wants && !incoming.wants(job)) {
		return { status: 200, reason: 'Messages about this job are not wanted.' };
	}
	if (!testEvent && isOvertaken(job, seen, nowMs)) {
		return { status: 200, reason: `Job ${job.jobId} has ended already.` };
	}
	// An id that nobody signed could be used to hide the real delivery that bears it.
	const isNew =
		(!trusted || !deliveryId || seen.add(`delivery ${deliveryId}`, nowMs)) &&
		(testEvent || seen.add(stateKey(job), nowMs));
	if (!isNew) return { status: 200, reason: 'This message was received before.' };
	return {
		status: 202,
		reason: 'Received.',
		job: testEvent ? { ...job, testEvent: true } : job,
		event,
		trusted,
	};
}

function checkSignature(incoming: IncomingCallback): 'right' | 'wrong' | 'none' {
	const { provider, secrets = [], headers, rawBody, nowMs } = incoming;
	if (provider.capabilities.callback?.signature !== 'standard-webhooks' || secrets.length === 0) {
		return 'none';
	}
	return verify({ secrets, headers, rawBody, nowMs }) ? 'right' : 'wrong';
}

function readBody(
	provider: Provider,
	account: Account,
	rawBody: Uint8Array,
	nowMs: number,
): CallbackReading | { refusal: CallbackResult } {
	const body = parseJson(rawBody);
	if ('problem' in body) return { refusal: refuse(400, body.problem) };
	const reading = provider.readCallback?.(body.json, { nowMs, baseUrl: account.baseUrl });
	if (reading) return reading;
	const other = otherEventType(provider, body.json);
	return {
		refusal:
			other === undefined
				? refuse(400, `The message is not one that ${provider.title} sends.`)
				: { status: 200, reason: `Events of the type "${other}" are not about a video.` },
	};
}

/** The type of an event of this sender that tells of no job: taken note of, so that it is not sent again. */
function otherEventType(provider: Provider, body: unknown): string | undefined {
	const known = provider.capabilities.callback?.eventType;
	const type = known && isObject(body) ? body[known.member] : undefined;
	return typeof type === 'string' && type !== '' && !known?.ours.test(type)
		? type.slice(0, 80)
		: undefined;
}

function headerText(headers: IncomingCallback['headers'], name: string): string {
	const value = headers[name];
	return (Array.isArray(value) ? value[0] : value) ?? '';
}

/** By the Content-Type header; a sender that names none is read as well. */
export const isJsonType = (headers: IncomingCallback['headers']): boolean =>
	/^\s*($|application\/([\w.+-]+\+)?json|text\/(plain|json))/i.test(
		headerText(headers, 'content-type'),
	);

/** Constant time for texts of the same length; the length of a token is no secret. */
export function sameText(given: string, expected: string): boolean {
	const a = Buffer.from(given);
	const b = Buffer.from(expected);
	return expected !== '' && a.length === b.length && timingSafeEqual(a, b);
}

const refuse = (status: 400 | 401 | 413 | 415, reason: string): CallbackResult => ({
	status,
	reason,
});
