/**
 * Which callbacks of an account came already: over redeploys in memory, over restarts in the user's persistent context
 * store. `jobs/seen` bounds how many are remembered and for how long.
 */
import type { NodeAPI } from 'node-red';
import {
	createDeduplication,
	type Deduplication,
	type DeduplicationRecord,
} from '../../../jobs/callback/deduplication';
import { isObject } from '../../../providers/schema/wire';
import { contextValue, type ContextValue } from '../runtime/contextValue';

const CONTEXT_KEY = 'seenCallbacks';

interface Memory {
	record: DeduplicationRecord;
	seen: Promise<Deduplication>;
	/** Callbacks that are not passed on yet. */
	open: number;
	/** What is in memory is not what is written. */
	changed: boolean;
	/** One writing after the other. */
	writing: Promise<void>;
}

type Warn = (text: string) => void;

const memories = new Map<string, Memory>();

/**
 * Sees one callback through. What came is written down only when nothing is on its way: a callback that is written
 * down is dropped when it comes again, so it must not be lost in a crash before it was passed on.
 *
 * @param receive true where it took note of something
 */
export async function withSeen(
	RED: NodeAPI,
	accountId: string,
	receive: (seen: Deduplication) => Promise<boolean>,
	warn: Warn,
): Promise<void> {
	const memory = memories.get(accountId) ?? remember(RED, accountId, warn);
	memory.open += 1;
	const changed = await receive(await memory.seen).finally(() => (memory.open -= 1));
	memory.changed ||= changed;
	const write = async () => {
		if (!memory.changed || memory.open > 0) return;
		memory.changed = false;
		await storedOf(RED, accountId)?.write({ ...memory.record });
	};
	memory.writing = memory.writing.then(write).catch((error: Error) => warn(error.message));
}

function remember(RED: NodeAPI, accountId: string, warn: Warn): Memory {
	const record: DeduplicationRecord = {};
	const read = async () => {
		try {
			Object.assign(record, timesOf(await storedOf(RED, accountId)?.read()));
		} catch (error) {
			warn((error as Error).message);
		}
		return createDeduplication(record);
	};
	const memory = { record, seen: read(), open: 0, changed: false, writing: Promise.resolve() };
	memories.set(accountId, memory);
	return memory;
}

/** In the account's own context, so that Node-RED clears it away together with the account. */
function storedOf(RED: NodeAPI, accountId: string): ContextValue | undefined {
	const node = RED.nodes.getNode(accountId);
	return node ? contextValue(RED, node, CONTEXT_KEY) : undefined;
}

const timesOf = (found: unknown): DeduplicationRecord =>
	isObject(found)
		? Object.fromEntries(
				Object.entries(found).filter((entry): entry is [string, number] =>
					Number.isFinite(entry[1]),
				),
			)
		: {};
