/** Jobs that a run has already submitted, so that a retry attaches to them and pays nothing. */
import { createHash } from 'node:crypto';
import type { Job, JsonValue, Provider, RequestValues } from '../providers/contract';

export interface LedgerEntry {
	fingerprint: string;
	job: Job;
}

/** Plain JSON, kept by the host for as long as it can. */
export type Ledger = Record<string, LedgerEntry>;

/** One place in a run: loops run a node several times, so the item's number alone is not enough. */
export const ledgerKey = (runIndex: number, itemIndex: number): string =>
	`r${runIndex}i${itemIndex}`;

/** Changes when the request changes, so that an edited prompt makes a new job. */
export function fingerprint(provider: Provider, baseUrl: string, values: RequestValues): string {
	const canonical = stableJson({ provider: provider.id, baseUrl, values });
	return createHash('sha256').update(canonical).digest('hex');
}

/** The job to attach to. One that failed or was cancelled is not: the user wants another try. */
export function knownJob(ledger: Ledger, key: string, wanted: string): Job | undefined {
	const entry = ledger[key];
	if (!entry || entry.fingerprint !== wanted) return undefined;
	return entry.job.status === 'failed' || entry.job.status === 'cancelled' ? undefined : entry.job;
}

function stableJson(value: JsonValue): string {
	if (Array.isArray(value)) return `[${value.map(stableJson).join(',')}]`;
	if (typeof value === 'object' && value !== null) {
		const members = Object.keys(value)
			.sort()
			.map((key) => `${JSON.stringify(key)}:${stableJson(value[key] as JsonValue)}`);
		return `{${members.join(',')}}`;
	}
	return JSON.stringify(value);
}
