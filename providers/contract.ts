/**
 * What a provider is: data and pure functions. Nothing here does I/O, reads a clock or knows n8n or Node-RED; the
 * life of a job (waiting, retrying, downloading) is in `jobs/`, which calls these functions.
 */
import type { z } from 'zod/v4';
import type { Price, Priced } from './prices/price';
import type { Catalogue, ModelEntry } from './catalogue/types';
import type { JsonObject, JsonValue, RequestValues } from './json';
import type { Field } from './schema/fields';

export type { JsonObject, JsonValue, RequestValues } from './json';

/** `queued` and `processing` may still change; the other three are final. */
export const JOB_STATUSES = ['queued', 'processing', 'succeeded', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export interface Video {
	/** Absolute http(s) URL. Expires: download at once. */
	url: string;
	mimeType: string;
	/** ISO 8601, only where the provider says when the URL stops working. */
	expiresAt?: string;
	/** The file must be fetched with the account's key (it lives on the provider's own host). */
	requiresKey?: boolean;
}

export interface Cost {
	credits?: number;
	usd?: number;
	/** USD, from the published price and the fields, before anything was sent. */
	quoted?: number;
	/** Where `usd` and `credits` come from. */
	source?: 'headers' | 'log' | 'reply';
}

export type FailureCode =
	| 'cancelled'
	| 'expired'
	| 'generation_failed'
	| 'invalid_key'
	| 'invalid_request'
	| 'model_not_found'
	| 'moved'
	| 'network'
	| 'no_credit'
	| 'not_allowed'
	| 'not_found'
	| 'prompt_refused'
	| 'provider_error'
	| 'rate_limited'
	| 'unreadable_reply';

/**
 * Whether the provider took the job, which decides whether another attempt can cost money twice.
 * `no`: certainly not, a fallback is safe. `yes`: the job existed. `unknown`: look at the provider before trying again.
 */
export type Accepted = 'no' | 'unknown' | 'yes';

export interface ProviderFailure {
	code: FailureCode;
	/** What happened, in the provider's words where it gave any. */
	message: string;
	/** What to do next, in plain words. */
	advice: string;
	/** The same call may succeed later without any change. */
	retryable: boolean;
	retryAfterSeconds?: number;
	accepted: Accepted;
	httpStatus?: number;
	/** Our own id of a submit in doubt: the provider's log can be asked for it later. */
	requestId?: string;
}

/** A job as plain JSON: it can be stored, passed on and picked up by another process on another day. Holds no key. */
export interface Job {
	provider: string;
	jobId: string;
	status: JobStatus;
	/** 0–100, where the provider reports it. */
	progress?: number;
	/** Seconds until done, by the provider's newest estimate. */
	etaSeconds?: number;
	/** That estimate as it was given: in force until another one comes. */
	estimate?: { seconds: number; /** ISO 8601. */ at: string };
	videos: Video[];
	seed?: number;
	/** What the provider says it really used, under its own names. */
	settings?: JsonObject;
	cost?: Cost;
	failure?: ProviderFailure;
	warnings?: string[];
	trackingId?: string;
	/** Our own id of the submit, under which the provider's log has it. */
	requestId?: string;
	/** ISO 8601. */
	submittedAt: string;
	finishedAt?: string;
	/** When to ask again, from the same schedule that an in-process wait uses. */
	nextPollSeconds?: number;
	/** When the provider last told of it, while it is not over. ISO 8601. */
	askedAt?: string;
	/** Where the provider told us to ask for the result. */
	fetchUrl?: string;
	/** True where the provider's test mode sent a mock event. */
	testEvent?: boolean;
}

export interface HttpCall {
	method: 'GET' | 'POST' | 'DELETE';
	/** Path on the account's base URL (`/v3/async/txt2video`) or an absolute URL on a host that may see the key. */
	url: string;
	query?: Record<string, string>;
	headers?: Record<string, string>;
	body?: JsonObject;
	/** A question without a body whose key goes into the query, under the name that it has in the bodies of the others. */
	keyInQuery?: true;
}

/** A reply of any HTTP status. `body` is the parsed JSON, or the text where it was no JSON; header names are lower case. */
export interface Reply {
	status: number;
	headers: Record<string, string>;
	body: unknown;
}

/** What the pure readers may know beside the reply. */
export interface ReadContext {
	/** Unix milliseconds. */
	nowMs: number;
	baseUrl: string;
}

export type Reading =
	{ job: Job; failure?: undefined } | { failure: ProviderFailure; job?: undefined };

/** How a request proves who sends it. */
export type Authentication =
	{ kind: 'bearer'; optional?: boolean } | { kind: 'bodyKey'; property: string };

/** True where no call can succeed without a key. */
export const needsKey = (authentication: Authentication): boolean =>
	!(authentication.kind === 'bearer' && authentication.optional);

export interface ModelChoice {
	/** What is sent. */
	value: string;
	/** What a person reads. */
	label: string;
	description?: string;
}

export interface ModelSearch {
	/** The list is the same for everyone and needs no key: it may be kept, and asked for with its ETag. */
	isPublic?: boolean;
	call(query: string | undefined, cursor: string | undefined): HttpCall;
	read(reply: Reply): { models: ModelChoice[]; nextCursor?: string } | { failure: ProviderFailure };
}

/** What a provider publishes about what its models cost. */
export interface Pricing {
	/** Needs no key. */
	call(model: string): HttpCall;
	/** The prices of all models in one reply of the same form. Absent where there is no such list. */
	callAll?(): HttpCall;
	/** `undefined` where the reply has no price for the model. */
	read(reply: Reply, model: string): Price | undefined;
	/** What the price is applied to. */
	priced(values: RequestValues): Priced & { model: string };
}

/** What a provider publishes about how long its models take. */
export interface RunTimes {
	/** Needs no key. */
	call(model: string): HttpCall;
	/** Seconds; `undefined` where the reply has none for the model. */
	read(reply: Reply, model: string): { usual: number; longest: number } | undefined;
}

export interface Balance {
	amount: number;
	/** ISO 4217. */
	currency: string;
	/** Jobs that the account has in the provider's queue. */
	queued?: number;
}

/** A question about the account whose answer costs nothing. */
export interface AccountQuestion<T> {
	call(): HttpCall;
	read(reply: Reply): { value: T } | { failure: ProviderFailure };
}

export interface SubmitLogEntry {
	jobId: string;
	requestId?: string;
}

/** The provider's list of what an account has submitted, newest first. */
export interface SubmitLog {
	/** As in "… was looked through". */
	title: string;
	/** Each entry bears the request id that went along with the submit. Where not, nothing may be attached by guess. */
	bearsRequestId: boolean;
	call(): HttpCall;
	read(reply: Reply): { entries: readonly SubmitLogEntry[] } | { failure: ProviderFailure };
}

export interface CallbackCapability {
	/** The request field that takes the callback URL. */
	field: string;
	/** How a receiver knows who sent it. `none`: by an unguessable token in the URL and by asking the provider. */
	signature: 'none' | 'standard-webhooks';
	/** Sends progress events too, not just the final one. */
	progress: boolean;
	/** Where a message names its kind: the member, and the kinds that tell of a job. Others are not ours to judge. */
	eventType?: { member: string; ours: RegExp };
}

/** A job told by a callback; the sender is not trusted yet. */
export interface CallbackReading {
	job: Job;
	/** Set where the sender gives every delivery an id. */
	deliveryId?: string;
	testEvent?: boolean;
}

export interface Provider {
	id: string;
	/** Shown in the provider list. */
	title: string;
	/** One line under the title. */
	description: string;
	documentationUrl: string;
	/** n8n credential type; several providers may share one. */
	credential: string;
	account: {
		/** Whose account it is, as in "Credential for …". */
		title: string;
		defaultBaseUrl: string;
		authentication: Authentication;
		/** Host suffixes that may see the key beside the host of the base URL. */
		keyHosts: string[];
		/** A service on the internet: it can not call back to localhost. */
		cloud: boolean;
	};
	/** The request: field names, ranges, enums and defaults as the API documents them. */
	request: z.ZodObject;
	limits: {
		/** Submissions a minute, where documented. */
		requestsPerMinute?: number;
		/** Jobs of one account that the provider works on or queues at once. */
		parallelJobs: number;
		/** How long a job usually takes, the starting point of the poll schedule where no ETA is given. */
		typicalSeconds: number;
		/** What finished jobs of the same kind took, in ascending order; added by a host that remembers. */
		learnedSeconds?: readonly number[];
		/** The longest run that a document describes, where it is longer than people would think. */
		longestSeconds?: number;
	};
	capabilities: {
		callback?: CallbackCapability;
		cancel: boolean;
		progress: boolean;
		/** The submit call honours this header as an idempotency key. */
		idempotencyHeader?: string;
		/** The request field whose value comes back in the job. */
		trackingField?: string;
		/** What the provider tells of a job's cost afterwards; absent where it tells nothing. */
		cost?: ReadonlyArray<'credits' | 'usd'>;
		/** The submit call takes an id of ours in this header, and the provider's log has it. */
		requestIdHeader?: string;
	};
	/** Fixed by the provider, not by the values: method and path of the submit call. */
	submitCall: { method: 'POST'; url: string | ((values: RequestValues) => string) };
	/** Rules over several fields, beyond what `request` says. */
	rules?: (values: RequestValues) => RuleIssue[];
	/** What the provider will do otherwise than someone may think; it goes along with the job. */
	warnings?: (values: RequestValues) => string[];
	/** Models with fields of their own; `ofModel` gives the provider as it stands for one of them. */
	models?: ProviderModels;
	/** The model that this declaration stands for, where `ofModel` gave it. */
	model?: ModelEntry;
	readSubmit(reply: Reply, values: RequestValues, context: ReadContext): Reading;
	fetchCall(job: Job, context: { baseUrl: string }): HttpCall;
	/** A reply to `fetchCall`. A failed job is a `job`; a failure is that the question itself failed. */
	readFetch(reply: Reply, job: Job, context: ReadContext): Reading;
	/** `undefined` for a job that this provider can not cancel, though it can others. */
	cancelCall?(job: Job): HttpCall | undefined;
	readCancel?(reply: Reply, job: Job, context: ReadContext): Reading;
	/** `undefined` where the body is none of this provider's. Never throws. */
	readCallback?(body: unknown, context: ReadContext): CallbackReading | undefined;
	modelSearch?: Record<string, ModelSearch>;
	/** Absent where the provider publishes no prices that a program can read. */
	pricing?: Pricing;
	runTimes?: RunTimes;
	/** Where the machine is one's own: how long it would take, asked with the submit's body. Makes nothing. */
	runTime?: {
		url: string;
		/** `undefined` before the first run of the model. */
		read(reply: Reply): { seconds: number | undefined } | { failure: ProviderFailure };
	};
	balance?: AccountQuestion<Balance>;
	/** How many jobs the account has waiting, where that is a question of its own. */
	queueUse?: AccountQuestion<number>;
	submitLog?: SubmitLog;
}

export interface ProviderModels {
	/** The request field that names the model. Its `search` offers the shipped models before those of a live list. */
	field: string;
	catalogue: Catalogue;
	/** What this provider's entry knows better about a field of a model than the definition. */
	adapt?: (field: Field, model: ModelEntry) => Field;
}

export interface RuleIssue {
	field: string;
	value: JsonValue | undefined;
	/** What is allowed, as the end of "… is not allowed: ". */
	allowed: string;
}

export const isFinal = (status: JobStatus): boolean =>
	status === 'succeeded' || status === 'failed' || status === 'cancelled';
