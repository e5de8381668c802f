/**
 * Submit once. The rule that must never regress: a call whose outcome is doubtful (timeout, reset after sending, 5xx,
 * unreadable reply) is not repeated, because the job may exist and a second one would be paid for. It is repeated only
 * when the provider certainly did not take it: no connection, or a 429.
 */
import type {
	Provider,
	ProviderFailure,
	Reading,
	Reply,
	RequestValues,
} from '../providers/contract';
import { NO_ENDPOINT_ADVICE } from '../providers/replies/failures';
import { loggedFailure, sentence } from '../providers/replies/failureText';
import { withTracking, withWarnings } from '../providers/replies/job';
import { ofModel } from '../providers/schema/ofModel';
import { type Account, type Host } from './host';
import { withEstimate } from './estimate';
import { findSubmit } from './findSubmit';
import { isAbort, transportFailure, transportProblem } from './transportErrors';
import type { RateLimit } from './rateLimit';

const MAX_UNREACHABLE_ATTEMPTS = 3;
const MAX_RATE_LIMITED_ATTEMPTS = 8;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;
/** A provider that asks for more than this is not waited for; the failure says how long it asked for. */
const LONGEST_RETRY_AFTER_MS = 5 * 60_000;

export interface SubmitOptions {
	/** Stops waiting between attempts. A request that is on its way is awaited to its reply, for its job is paid. */
	signal?: AbortSignal;
	/** Every attempt bears the same idempotency key, which the provider honours: even a doubtful one may be repeated. */
	idempotent?: boolean;
}

export interface Submission {
	provider: Provider;
	account: Account;
	/** Validated. */
	values: RequestValues;
	/** Sends the request once. Where the provider honours an idempotency key, every sending bears the same one. */
	send: () => Promise<Reply>;
	host: Host;
	rateLimit: RateLimit;
	/** Our id of this submit, which `send` put along; see `requestIdOf`. */
	requestId?: string;
	/** Told of a doubt at once: looking it up takes minutes, in which a host may be killed. */
	onDoubt?: (doubt: ProviderFailure) => void;
	signal?: AbortSignal;
}

/**
 * One job: waits until the provider's documented limit allows it, submits once, and gives the job its tracking id. A
 * submit in doubt is looked up in the provider's log before anyone is told of the doubt.
 *
 * @throws what the signal was aborted with, where nothing was sent yet
 */
export async function submitJob(submission: Submission): Promise<Reading> {
	const { provider, account, values, send, host, rateLimit, requestId, signal } = submission;
	await rateLimit(signal);
	signal?.throwIfAborted();
	const submittedAtMs = host.now();
	const read = (reply: Reply) =>
		provider.readSubmit(reply, values, { nowMs: host.now(), baseUrl: account.baseUrl });
	const reading = await submitOnce(send, read, host, {
		...(signal ? { signal } : {}),
		idempotent: provider.capabilities.idempotencyHeader !== undefined,
	});
	const resolved =
		reading.failure?.accepted === 'unknown'
			? await resolveDoubt(reading.failure, submission, submittedAtMs)
			: reading;
	if (!resolved.job) return resolved;
	const asked = ofModel(provider, values);
	const tracked = withWarnings(asked, withTracking(provider, resolved.job, values), values);
	const job = withEstimate(tracked, undefined, host.now());
	return { job: requestId ? { ...job, requestId } : job };
}

/** The job, where the provider's log has it; else the doubt, with what was looked at. */
async function resolveDoubt(
	doubt: ProviderFailure,
	{ provider, account, host, requestId, onDoubt, signal }: Submission,
	submittedAtMs: number,
): Promise<Reading> {
	const told = requestId ? { ...doubt, requestId } : doubt;
	onDoubt?.(told);
	if (!provider.submitLog || (provider.submitLog.bearsRequestId && !requestId)) {
		return { failure: told };
	}
	host.log?.(
		'warn',
		`${loggedFailure(doubt, { title: provider.title })} Looking for the job at the provider.`,
	);
	try {
		const found = await findSubmit(
			provider,
			account,
			requestId ?? '',
			submittedAtMs,
			host,
			signal ? { signal } : {},
		);
		if (found?.outcome === 'found') {
			host.log?.('info', `${found.looked} It is attached to; nothing was submitted again.`);
			return { job: found.job };
		}
		return {
			failure: found ? { ...told, message: `${sentence(doubt.message)} ${found.looked}` } : told,
		};
	} catch (error) {
		// Who stops the looking still has to hear of the doubt.
		if (isAbort(error)) return { failure: told };
		throw error;
	}
}

/**
 * The headers by which the provider knows one submit again.
 *
 * @param unique the same for every sending of this submit, and for no other submit
 */
export function submitIdentity(
	{ capabilities }: Provider,
	values: RequestValues,
	unique: string,
): { headers: Record<string, string>; requestId?: string } {
	const { idempotencyHeader, requestIdHeader, trackingField } = capabilities;
	const trackingId = trackingField && values[trackingField];
	const requestId = requestIdHeader
		? requestIdOf(trackingId === undefined ? undefined : String(trackingId), unique)
		: undefined;
	return {
		headers: {
			...(idempotencyHeader ? { [idempotencyHeader]: unique } : {}),
			...(requestIdHeader && requestId ? { [requestIdHeader]: requestId } : {}),
		},
		...(requestId ? { requestId } : {}),
	};
}

/** What AI/ML API documents for `X-Client-Request-Id`; an id with other characters is dropped there without a word. */
const REQUEST_ID_LENGTH = 128;
const NOT_ALLOWED_IN_REQUEST_ID = /[^A-Za-z0-9._:-]/g;

/** Our id of one submit: begins with the user's tracking id, and is unique by `unique`. 1 to 128 allowed characters. */
function requestIdOf(trackingId: string | undefined, unique: string): string {
	const end = unique.replace(NOT_ALLOWED_IN_REQUEST_ID, '-').slice(0, REQUEST_ID_LENGTH);
	const begin = (trackingId ?? '')
		.replace(NOT_ALLOWED_IN_REQUEST_ID, '-')
		.slice(0, REQUEST_ID_LENGTH - end.length - 1);
	return begin === '' ? end : `${begin}.${end}`;
}

/**
 * @param send sends the submit request once (the host's declarative request, or the pure builder's)
 * @param read the provider's reader of the reply
 */
export async function submitOnce(
	send: () => Promise<Reply>,
	read: (reply: Reply) => Reading,
	host: Host,
	{ signal, idempotent = false }: SubmitOptions = {},
): Promise<Reading> {
	let doubt: ProviderFailure | undefined;
	for (let attempt = 1; ; attempt += 1) {
		const latest = await attemptSubmit(send, read, host);
		if (latest.failure?.accepted === 'unknown') doubt = latest.failure;
		// A later attempt that never arrived says nothing about an earlier one that may have.
		const reading = latest.job || !doubt ? latest : { failure: doubt };
		if (reading.job || !mayRepeat(reading.failure, attempt, idempotent)) return reading;
		if (signal?.aborted) return reading;
		const waitMs = backoffMs(reading.failure, attempt, host.random());
		host.log?.(
			'info',
			`${loggedFailure(reading.failure)} Trying again in ${Math.ceil(waitMs / 1000)} s.`,
		);
		try {
			await host.sleep(waitMs, signal);
		} catch (error) {
			if (signal?.aborted) return reading;
			throw error;
		}
	}
}

async function attemptSubmit(
	send: () => Promise<Reply>,
	read: (reply: Reply) => Reading,
	host: Host,
): Promise<Reading> {
	let reply: Reply;
	try {
		reply = await send();
	} catch (error) {
		const told = transportFailure(error);
		const happened = (message: string) =>
			told.accepted === 'no'
				? `The service could not be reached (${message}).`
				: `The connection broke before the service answered (${message}).`;
		return { failure: transportProblem(told, happened, told.accepted, host) };
	}
	return asSubmit(read(reply));
}

/** There is no job yet that could be looked for: what was not found is the endpoint. */
function asSubmit(reading: Reading): Reading {
	if (reading.failure?.code !== 'not_found' || reading.failure.accepted !== 'no') return reading;
	return { failure: { ...reading.failure, advice: NO_ENDPOINT_ADVICE } };
}

/** Pure: whether a failed submit may be sent again without the risk of paying twice. */
function mayRepeat(problem: ProviderFailure, attempt: number, idempotent: boolean): boolean {
	if (problem.accepted === 'unknown') return idempotent && attempt < MAX_UNREACHABLE_ATTEMPTS;
	if (problem.accepted !== 'no' || !problem.retryable) return false;
	if ((problem.retryAfterSeconds ?? 0) * 1000 > LONGEST_RETRY_AFTER_MS) return false;
	if (problem.code === 'rate_limited') return attempt < MAX_RATE_LIMITED_ATTEMPTS;
	return problem.code === 'network' && attempt < MAX_UNREACHABLE_ATTEMPTS;
}

/** Pure: what the provider asked for, else exponential; always with up to a quarter more, so that clients spread. */
function backoffMs(problem: ProviderFailure, attempt: number, random: number): number {
	const asked = problem.retryAfterSeconds;
	const base =
		asked === undefined
			? Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), LONGEST_BACKOFF_MS)
			: Math.max(asked * 1000, 250);
	return Math.round(base * (1 + random / 4));
}
