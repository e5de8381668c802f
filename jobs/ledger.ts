/** What a run has already submitted, so that a retry attaches to it and pays nothing. */
import { createHash } from 'node:crypto';
import type {
	Job,
	JsonValue,
	Provider,
	ProviderFailure,
	RequestValues,
} from '../providers/contract';

/** Two ways to tell that a request is still the same one. */
export interface Fingerprints {
	/** Of the request as it is sent. */
	request: string;
	/** Of what it was made from: an expression like `$now` gives another request every time it is looked at. */
	source: string;
}

export interface LedgerEntry extends Fingerprints {
	/** Submissions that came to an end without a video; each new one gets an idempotency key of its own. */
	attempt: number;
	job?: Job;
	/** The provider was asked to cancel the job, and what became of it is not known. */
	cancelling?: boolean;
	/** A submit whose outcome nobody knows: trying again could pay twice. */
	doubt?: ProviderFailure;
	/** The provider certainly did not take it. */
	refusal?: ProviderFailure;
	/** The run that submitted the job, to which the job's callback goes. */
	executionId?: string;
	/** How many videos the job makes, where more than one. */
	videos?: number;
	/** What the job was quoted at, in USD. */
	quotedUsd?: number;
	/** Jobs that this very run has submitted for this place, one after the other. */
	tries?: number;
}

/** Plain JSON, kept by the host for as long as it can. */
export type Ledger = Record<string, LedgerEntry>;

/** One place in a run: loops run a node several times, so the item's number alone is not enough. */
export const ledgerKey = (runIndex: number, itemIndex: number): string =>
	`${keyOfRun(runIndex)}${itemIndex}`;

/** What the keys of all items of one run begin with. */
const keyOfRun = (runIndex: number): string => `r${runIndex}i`;

/** The entries of all items of one run. */
export const entriesOfRun = (ledger: Ledger, runIndex: number): LedgerEntry[] =>
	Object.entries(ledger).flatMap(([key, entry]) =>
		key.startsWith(keyOfRun(runIndex)) ? [entry] : [],
	);

/** Changes when the request changes, so that an edited prompt makes a new job. */
export const fingerprint = (provider: Provider, baseUrl: string, values: RequestValues): string =>
	digest({ provider: provider.id, baseUrl, values });

export const digest = (value: JsonValue): string =>
	createHash('sha256').update(stableJson(value)).digest('hex');

/** The entry of this place, if it is about the same request. */
export function knownEntry(
	ledger: Ledger,
	key: string,
	wanted: Fingerprints,
): LedgerEntry | undefined {
	const entry = ledger[key];
	if (!entry) return undefined;
	return entry.request === wanted.request || entry.source === wanted.source ? entry : undefined;
}

/** The job to attach to. One that failed or was cancelled is not: the user wants another try. */
export function knownJob(ledger: Ledger, key: string, wanted: Fingerprints): Job | undefined {
	const job = knownEntry(ledger, key, wanted)?.job;
	return job?.status === 'failed' || job?.status === 'cancelled' ? undefined : job;
}

/**
 * The same for every repetition of one submission, also where a crash wiped the ledger: a provider that honours it
 * answers with the job that exists.
 *
 * @param run what stays the same over retries of one execution and differs between executions
 */
export const idempotencyKey = (run: string, key: string, request: string, attempt: number) =>
	digest({ run, key, request, attempt }).slice(0, 40);

function stableJson(value: JsonValue): string {
	if (Array.isArray(value)) return `[${value.map(stableJson).join(',')}]`;
	if (typeof value === 'object' && value !== null) {
		const members = Object.keys(value)
			.filter((key) => value[key] !== undefined)
			.sort()
			.map((key) => `${JSON.stringify(key)}:${stableJson(value[key] as JsonValue)}`);
		return `{${members.join(',')}}`;
	}
	return JSON.stringify(value) ?? 'null';
}
