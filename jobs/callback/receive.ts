/**
 * A provider's callback, from raw bytes to a job that may be believed. Two steps, because the sender wants its answer
 * at once and the provider may take a while to be asked:
 *
 * 1. `receiveCallback`: authentic? readable? ours? seen before? wanted? Pure but for what it notes in `seen`.
 * 2. `confirmCallback`: where nothing proved who sent it, the provider is asked for the job, and only its own answer
 *    is passed on. A forged callback thus achieves one question to the provider and nothing else.
 */
import { timingSafeEqual } from 'node:crypto';
import {
	isFinal,
	JOB_STATUSES,
	type CallbackReading,
	type Job,
	type Provider,
	type ProviderFailure,
} from '../../providers/contract';
import { mayCarryKey } from '../../providers/hosts';
import { newJob } from '../../providers/replies/job';
import { isObject } from '../../providers/schema/wire';
import type { Account, Host } from '../host';
import { parseJson } from './parseJson';
import type { Deduplication } from './deduplication';
import { verify } from './standardWebhooks';
import { pollOnce, givesUp } from '../poll';

/** Callbacks are a few kilobytes; a host must stop reading at this size. */
export const MAX_CALLBACK_BYTES = 1024 ** 2;

/** What a receiver may want to hear of. `progress`: a job that is not final yet. */
export const CALLBACK_EVENTS = ['succeeded', 'failed', 'cancelled', 'progress', 'test'] as const;
export type CallbackEvent = (typeof CALLBACK_EVENTS)[number];

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
	if (!wanted(incoming.events, event)) {
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

export type Confirmation =
	| { job: Job; event: CallbackEvent; problem?: undefined }
	/** Nothing to pass on; `problem` where the provider could not be asked. */
	| { job?: undefined; reason: string; problem?: ProviderFailure };

export interface ConfirmOptions {
	provider: Provider;
	account: Account;
	events?: readonly CallbackEvent[];
	seen: Deduplication;
	host: Host;
	signal?: AbortSignal;
}

const CONFIRM_DELAYS_MS = [2_000, 8_000, 30_000, 120_000];

/**
 * @returns the job as the provider itself tells it
 * @throws only where the signal was aborted
 */
export async function confirmCallback(
	receipt: CallbackResult,
	{ provider, account, events, seen, host, signal }: ConfirmOptions,
): Promise<Confirmation> {
	const { job: told, event } = receipt;
	if (!told || !event) return { reason: receipt.reason };
	if (receipt.trusted) return { job: told, event };
	const question = questionFor(provider, account, told, host.now());
	for (let attempt = 0; ; attempt += 1) {
		const reading = await pollOnce(provider, account, question, host, signal);
		const delayMs = CONFIRM_DELAYS_MS[attempt];
		if (reading.job) return asConfirmed(told, reading.job);
		if (delayMs === undefined || givesUp(reading.failure, attempt + 1, Infinity)) {
			seen.forget(stateKey(told));
			return {
				reason: `The provider could not confirm job ${told.jobId}: ${reading.failure.message}`,
				problem: reading.failure,
			};
		}
		await host.sleep(delayMs, signal);
	}

	function asConfirmed(claimed: Job, real: Job): Confirmation {
		const realEvent = eventOf(real, false);
		if (stateKey(real) !== stateKey(claimed)) {
			// The claim was early or forged. What really is the case counts, and the claim may still come true.
			seen.forget(stateKey(claimed));
			if (!wanted(events, realEvent) || !seen.add(stateKey(real), host.now())) {
				return { reason: `Job ${real.jobId} is ${real.status} at the provider.` };
			}
		}
		return { job: real, event: realEvent };
	}
}

export function eventOf(job: Job, testEvent: boolean): CallbackEvent {
	if (testEvent) return 'test';
	return isFinal(job.status) ? (job.status as CallbackEvent) : 'progress';
}

const wanted = (events: readonly CallbackEvent[] | undefined, event: CallbackEvent): boolean =>
	!events || events.includes(event);

/** Messages can overtake each other: "processing" is old news once the end of the job was told. */
const isOvertaken = (job: Job, seen: Deduplication, nowMs: number): boolean =>
	!isFinal(job.status) &&
	JOB_STATUSES.some((status) => isFinal(status) && seen.has(stateKey({ ...job, status }), nowMs));

/** The same state of the same job is one message, however often and under whatever delivery id it comes. */
function stateKey(job: Job): string {
	const progress = isFinal(job.status) ? '' : ` ${job.progress ?? 0}`;
	return `job ${job.provider} ${job.jobId} ${job.status}${progress}`;
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

/**
 * Only the id is taken from a message that nobody signed. An address to ask at would let the sender answer the
 * question himself, unless it lies where the account's key may go and is about this very job.
 */
function questionFor(provider: Provider, account: Account, told: Job, nowMs: number): Job {
	const { fetchUrl, trackingId } = told;
	const trustworthy =
		fetchUrl?.endsWith(`/${encodeURIComponent(told.jobId)}`) &&
		mayCarryKey(fetchUrl, account.baseUrl, provider.account.keyHosts);
	return {
		...newJob(provider.id, told.jobId, nowMs),
		...(trackingId ? { trackingId } : {}),
		...(trustworthy ? { fetchUrl } : {}),
	};
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
