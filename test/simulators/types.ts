/** What the simulated providers have in common, as types. Start with `startSimulator` in `simulator.ts`. */
import type { JobStatus, JsonObject, Provider } from '../../providers/contract';

/** One simulator file each; Stable Diffusion API and ModelsLab are one family. */
export type Family = 'stableDiffusion' | 'novita' | 'novitaModels' | 'aimlapi' | 'localGpu';

/** What a request is for. `file` is a request to the result file host. */
export type Call = 'submit' | 'fetch' | 'cancel' | 'content' | 'models' | 'account' | 'file';

export interface Incoming {
	method: string;
	path: string;
	query: URLSearchParams;
	/** Lower-case names. */
	headers: Record<string, string>;
	/** Parsed JSON, or the text where it was none. */
	body: unknown;
}

export interface Answer {
	status: number;
	headers?: Record<string, string>;
	/** An object is sent as JSON, a string as it is. */
	body: unknown;
}

export interface Route {
	call: Call;
	/** For `submit` and, where the path tells, for `fetch`. */
	provider?: Provider;
	jobId?: string;
	/** Documented as needing no key. */
	keyless?: true;
}

/** A job that the provider took (and charged). */
export interface SimulatedJob {
	id: string;
	family: Family;
	/** Id of the provider declaration whose endpoint took it. */
	provider: string;
	/** The request body as it came, without the key. */
	request: JsonObject;
	/** `track_id` or `X-Client-Request-Id`. */
	trackingId?: string;
	callbackUrl?: string;
	idempotencyKey?: string;
	acceptedAtMs: number;
	durationMs: number;
	queueMs: number;
	/** Set by `finish`, `fail` and by a cancel. */
	forced?: { status: JobStatus; reason?: string };
	/** Fails at its end with this reason. */
	failsWith?: string;
	seed: number;
	/** Its file is gone. */
	deleted?: true;
}

/** A job at one moment. */
export interface Snapshot {
	status: JobStatus;
	/** 0–100. */
	progress: number;
	/** Seconds until done, 0 where unknown. */
	etaSeconds: number;
	reason: string;
}

/** What a family may ask of the common part while it writes an answer. */
export interface FamilyContext {
	/** Base URL of the API, without a slash at its end. */
	url: string;
	/** Where `fetch_result` points, usually the same. */
	fetchBase: string;
	nowMs: number;
	fileTtlSeconds: number;
	/** What the account has submitted to any family, oldest first, as far as the provider's log shows it by now. */
	logged: readonly SimulatedJob[];
	logsTwice: boolean;
	/** Without one, the stories that share the account do not see each other's jobs in the queue either. */
	hasQueueLimit: boolean;
	chargeFactor: number;
	/** A URL on the file host that serves the job's video while it is valid. */
	fileUrl(job: SimulatedJob, options?: { folder?: string; signed?: boolean }): string;
	random(): number;
}

export type ErrorKind =
	| 'invalidKey'
	| 'invalidRequest'
	| 'modelUnknown'
	| 'noCredit'
	| 'notFound'
	| 'promptRefused'
	| 'rateLimited'
	| 'serverError';

export interface ErrorDetail {
	message?: string;
	retryAfterSeconds?: number;
	path?: string;
	/** Another HTTP status than the documented one. */
	status?: number;
}

/** A provider family: its paths and its words. States, faults, the book and the clock are common. */
export interface FamilySimulator {
	family: Family;
	route(incoming: Incoming): Route | undefined;
	/** Why the provider's own documents would have it refuse this submission. */
	objection?(incoming: Incoming, provider: Provider): string | undefined;
	/** The key that the request carries, if any. */
	keyOf(incoming: Incoming): string | undefined;
	newJobId(context: FamilyContext): string;
	trackingIdOf(incoming: Incoming): string | undefined;
	callbackUrlOf(incoming: Incoming): string | undefined;
	submitted(job: SimulatedJob, now: Snapshot, context: FamilyContext): Answer;
	fetched(job: SimulatedJob, now: Snapshot, context: FamilyContext): Answer;
	/** What the address of the file answers while there is none; as for an unknown job by default. */
	noContent?(now: Snapshot): Answer;
	/** A cancelled job is known to nobody any more. */
	forgetsCancelled?: true;
	cancelled?(job: SimulatedJob, now: Snapshot, context: FamilyContext): Answer;
	models?(incoming: Incoming): Answer;
	account?(incoming: Incoming, context: FamilyContext): Answer;
	error(kind: ErrorKind, detail: ErrorDetail, context: FamilyContext): Answer;
	/** The documented callback body of a job in this state. */
	callback?(job: SimulatedJob, now: Snapshot, context: FamilyContext): JsonObject;
	/** Where a document says that a submit with the same value of this header makes no second job. */
	idempotency?: {
		/** Lower case. */
		header: string;
		/** The answer to another request that bears the value of this job's. */
		otherRequest(earlier: SimulatedJob): Answer;
	};
	/** Whether the account's open jobs are limited. */
	holdsQueue?: true;
	/** How often a callback is sent again that was not answered with 2xx. None where nothing is promised. */
	callbackRetries?: number;
	/** Submissions a minute, where the provider documents a limit. */
	requestsPerMinute?: number;
}

/**
 * What goes wrong once. The four that name a moment decide whether the job was taken: `resetBefore` and `error` happen
 * before, `resetAfter` and `serverErrorAfter` after the provider took (and charged) it. `truncated`, `wronglyTyped`,
 * `oneWronglyTyped` (a single member) and `webPage` garble the true answer, so a submit was taken. `silent` takes it too and never answers.
 */
export type Fault =
	| ({ kind: 'error'; error: ErrorKind } & ErrorDetail)
	| { kind: 'answer'; status: number; body: unknown; headers?: Record<string, string> }
	| { kind: 'redirect'; to?: string; status?: number }
	| { kind: 'resetBefore' }
	| { kind: 'resetAfter' }
	| { kind: 'serverErrorAfter'; status?: number }
	| { kind: 'silent' }
	| { kind: 'slow'; ms: number }
	| { kind: 'truncated' }
	| { kind: 'webPage' }
	| { kind: 'wronglyTyped' }
	| { kind: 'oneWronglyTyped' };

export interface RecordedRequest extends Incoming {
	atMs: number;
	/** Which of the two servers was asked. */
	host: 'api' | 'files';
	call?: Call;
	jobId?: string;
	/** The account's key was somewhere in the request: URL, headers or body. */
	carriedKey: boolean;
	/** HTTP status of the answer; absent where the connection was cut. */
	status?: number;
	fault?: Fault['kind'];
}

export interface SentCallback {
	jobId: string;
	url: string;
	body: JsonObject;
	forged: boolean;
	/** HTTP status of the receiver, 0 where it could not be reached. */
	status: number;
}
