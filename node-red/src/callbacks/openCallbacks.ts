/**
 * Callbacks whose job is not passed on yet, such as one that came before the provider's own answer shows the end: the
 * sender has its answer and sends no more, so they are written down for a restart. Each is asked after again then.
 */
import { stateKey } from '../../../jobs/callback/events';
import type { CallbackResult } from '../../../jobs/callback/receive';
import { isJob } from '../../../jobs/resolveJob';
import { isObject } from '../../../providers/schema/wire';
import type { ContextValue } from '../runtime/contextValue';

/** Of one account; who sends more at once is waited for no longer. */
const MOST = 200;

export interface OpenCallbacks {
	/** Resolves when it is written down, or can not be. */
	add(result: CallbackResult): Promise<void>;
	/** It was passed on, or came to nothing. */
	remove(result: CallbackResult): void;
	/** What an earlier process left, given once. */
	left(): Promise<CallbackResult[]>;
}

/** @param stored where they are kept, if they are; asked anew each time, for a deploy makes the account anew */
export function createOpenCallbacks(
	stored: () => ContextValue | undefined,
	warn: (text: string) => void,
): OpenCallbacks {
	const open = new Map<string, CallbackResult>();
	let earlier: Promise<CallbackResult[]> | undefined;
	let writing = Promise.resolve();
	const write = async () => {
		// What an earlier process left must be read before it is overwritten.
		await read();
		writing = writing
			.then(async () => await stored()?.write(open.size > 0 ? [...open.values()] : undefined))
			.catch((error: Error) => warn(error.message));
		await writing;
	};
	const read = (): Promise<CallbackResult[]> =>
		(earlier ??= (async () => {
			try {
				const found = await stored()?.read();
				return Array.isArray(found) ? found.filter(isResult) : [];
			} catch (error) {
				warn((error as Error).message);
				return [];
			}
		})());
	let given = false;
	return {
		async add(result) {
			if (!result.job || open.size >= MOST) return;
			open.set(stateKey(result.job), result);
			await write();
		},
		remove({ job }) {
			if (job && open.delete(stateKey(job))) void write();
		},
		async left() {
			const results = await read();
			if (given) return [];
			given = true;
			return results;
		},
	};
}

/** Of what lay in the context store, which people can change. */
const isResult = (value: unknown): value is CallbackResult =>
	isObject(value) && isJob(value.job) && typeof value.event === 'string' && value.trusted !== true;
