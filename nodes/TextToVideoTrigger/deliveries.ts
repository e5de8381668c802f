/**
 * What a trigger has delivered already. n8n's static data keeps it over restarts; the copy in this process is the one
 * that decides, because n8n hands every request a static data of its own, read before the request, and the last one
 * to be saved wins.
 */
import type { IDataObject } from 'n8n-workflow';
import {
	createDeduplication,
	keyOf,
	MAX_ENTRIES,
	type Deduplication,
	type DeduplicationRecord,
} from '../../jobs/callback/deduplication';

const KEY_LENGTH = 22;

interface Memory {
	record: DeduplicationRecord;
	seen: Deduplication;
	/** Keys of deliveries that are not through yet. After a restart they must be let in again. */
	unsettled: Set<string>;
	/** How many deliveries wait for the provider's word. */
	waiting: number;
	/** What is stored: an entry a key, in the order in which they were settled. */
	text: string;
	entries: number;
}

/** By workflow and node: as many as there are triggers. */
const memories = new Map<string, Memory>();

export interface Delivery {
	seen: Deduplication;
	/** How many deliveries of this node, with this one, wait for the provider's word while `work` runs. */
	waiting(): number;
	whileWaiting<T>(work: () => Promise<T>): Promise<T>;
	/** The message was sent away: the next time it is new. */
	forget(): void;
	/** The delivery is through, or came to nothing: what it marked may be stored. */
	settle(): void;
}

/**
 * @param id of the workflow and the node; absent where nothing is to be remembered
 * @param staticData of the node; `seen` is written
 */
export function beginDelivery(id: string | undefined, staticData: IDataObject): Delivery {
	const memory = memoryOf(id);
	merge(memory, staticData.seen);
	const mine = new Set<string>();
	const { seen } = memory;
	return {
		seen: {
			...seen,
			add(messageId, nowMs) {
				const isNew = seen.add(messageId, nowMs);
				if (isNew) {
					mine.add(messageId);
					memory.unsettled.add(keyOf(messageId));
				}
				return isNew;
			},
		},
		waiting: () => memory.waiting,
		async whileWaiting(work) {
			memory.waiting += 1;
			try {
				return await work();
			} finally {
				memory.waiting -= 1;
			}
		},
		forget() {
			for (const messageId of mine) seen.forget(messageId);
		},
		settle() {
			const keys = [...mine].map(keyOf);
			for (const key of keys) memory.unsettled.delete(key);
			append(memory, keys);
			if (memory.text !== (staticData.seen ?? '')) staticData.seen = memory.text;
		},
	};
}

function memoryOf(id: string | undefined): Memory {
	const known = id === undefined ? undefined : memories.get(id);
	if (known) return known;
	const record: DeduplicationRecord = {};
	const memory: Memory = {
		record,
		seen: createDeduplication(record),
		unsettled: new Set(),
		waiting: 0,
		text: '',
		entries: 0,
	};
	if (id !== undefined) memories.set(id, memory);
	return memory;
}

/**
 * Another process of this n8n, or an earlier one, may have seen more. What this process stored a moment ago is the
 * beginning of what it would store now.
 */
function merge(memory: Memory, stored: unknown): void {
	if (typeof stored !== 'string' || memory.text.startsWith(stored)) return;
	for (const entry of stored.split(' ')) {
		const key = entry.slice(0, KEY_LENGTH);
		const seconds = Number.parseInt(entry.slice(KEY_LENGTH), 36);
		if (key.length === KEY_LENGTH && seconds > 0) memory.record[key] ??= seconds * 1000;
	}
	memory.seen = createDeduplication(memory.record);
	rewrite(memory);
}

/**
 * One short text, because n8n would wrap an object of thousands of members into as many proxies on every request; and
 * only ever added to, until it has grown too long.
 */
function append(memory: Memory, keys: string[]): void {
	const written = keys.filter((key) => memory.record[key] !== undefined);
	if (memory.entries + written.length > MAX_ENTRIES) return rewrite(memory);
	for (const key of written) memory.text += entryOf(memory, key);
	memory.entries += written.length;
}

function rewrite(memory: Memory): void {
	const keys = Object.keys(memory.record).filter((key) => !memory.unsettled.has(key));
	memory.text = keys.map((key) => entryOf(memory, key)).join('');
	memory.entries = keys.length;
}

const entryOf = ({ record }: Memory, key: string): string =>
	`${key}${Math.floor((record[key] as number) / 1000).toString(36)} `;
