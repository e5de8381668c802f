/**
 * What was already delivered, so that a repeated or replayed callback starts nothing twice. A plain JSON record that
 * a host can keep where it likes (n8n's static data, Node-RED's context, memory).
 */
import { createHash } from 'node:crypto';

const HOUR_MS = 60 * 60 * 1000;
/** Senders repeat for at most about three days (Standard Webhooks, OpenAI: 72 hours). */
export const KEEP_MS = 73 * HOUR_MS;
/** About 200 KiB as JSON. Only when more arrive within the time above is the oldest tenth forgotten earlier. */
export const MAX_ENTRIES = 5_000;

/** Short key → Unix milliseconds of the first time. */
export type DeduplicationRecord = Record<string, number>;

export interface Deduplication {
	has(id: string, nowMs: number): boolean;
	/** False where it was there already. */
	add(id: string, nowMs: number): boolean;
	/** The delivery came to nothing: let the next one through. */
	forget(id: string): void;
	/** How many are remembered. */
	size(): number;
}

/** @param record mutated in place, so that a host's own store can be handed in */
export function createDeduplication(
	record: DeduplicationRecord = {},
	{ keepMs = KEEP_MS, maxEntries = MAX_ENTRIES } = {},
): Deduplication {
	// Counting and sorting thousands of entries at every delivery would cost more than all the rest.
	let count = Object.keys(record).length;
	const pruneTo = maxEntries - Math.floor(maxEntries / 10);
	const fresh = (key: string, nowMs: number): boolean => {
		const since = record[key];
		return since !== undefined && nowMs - since < keepMs;
	};
	return {
		has: (id, nowMs) => fresh(keyOf(id), nowMs),
		add(id, nowMs) {
			const key = keyOf(id);
			if (fresh(key, nowMs)) return false;
			if (record[key] === undefined) count += 1;
			record[key] = nowMs;
			if (count > maxEntries) count = prune(record, nowMs - keepMs, pruneTo);
			return true;
		},
		forget: (id) => {
			const key = keyOf(id);
			if (record[key] === undefined) return;
			delete record[key];
			count -= 1;
		},
		size: () => Object.keys(record).length,
	};
}

/** Hashed: an id of any length and any characters becomes a short and harmless key. */
export const keyOf = (id: string): string =>
	createHash('sha256').update(id).digest('base64url').slice(0, 22);

/** @returns how many are left */
function prune(record: DeduplicationRecord, olderThanMs: number, atMost: number): number {
	const kept = Object.entries(record).filter(([, since]) => since > olderThanMs);
	kept.sort(([, a], [, b]) => b - a);
	const keep = new Set(kept.slice(0, atMost).map(([key]) => key));
	for (const key of Object.keys(record)) {
		if (!keep.has(key)) delete record[key];
	}
	return keep.size;
}
