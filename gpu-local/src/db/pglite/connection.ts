import { Worker } from 'node:worker_threads';
import type { ThreadNews, ThreadOptions, ThreadTask } from './thread.ts';

/** Beside this file: as source in the repository, as a bundle in the published package. */
const THREAD_URL = new URL(
	import.meta.url.endsWith('.ts') ? './thread.ts' : './database-thread.js',
	import.meta.url,
);
/** Messages that go to the thread together. */
const AT_ONCE = 64;

export interface Connection {
	/**
	 * One message there, its answer back; in the order in which they were sent. A message asks for one
	 * answer: it ends with one Sync, or is one simple query.
	 */
	exchange(bytes: Uint8Array): Promise<Uint8Array>;
	close(): Promise<void>;
}

interface Call {
	bytes: Uint8Array;
	resolve(answer: Uint8Array): void;
	reject(error: Error): void;
}

/** Starts the thread with the database, and resolves when it can be asked. */
export async function openConnection(options: ThreadOptions): Promise<Connection> {
	const thread = new Worker(THREAD_URL, { workerData: options });
	let lost: Error | undefined;
	let answered: ((bytes: Uint8Array) => void) | undefined;
	let failed: (error: Error) => void = () => undefined;
	const lose = (error: Error): void => {
		lost ??= error;
		failed(error);
	};
	const ready = new Promise<void>((resolve, reject) => {
		failed = reject;
		thread.on('message', (news: ThreadNews) => {
			if (news.kind === 'ready') resolve();
			else if (news.kind === 'answer') answered?.(news.bytes);
			else lose(new Error(news.message));
		});
		thread.on('error', lose);
		thread.on('exit', () => lose(new Error('The thread with the built-in database has ended')));
	});
	try {
		await ready;
	} catch (error) {
		await thread.terminate();
		throw error;
	}
	const ask = (task: ThreadTask): Promise<Uint8Array> =>
		new Promise((resolve, reject) => {
			if (lost) return reject(lost);
			answered = resolve;
			failed = reject;
			thread.postMessage(task);
		});

	// What comes while the thread is at work goes there together: each message between threads costs more than
	// a small statement.
	let waiting: Call[] = [];
	let working: Promise<void> | undefined;
	const work = async (): Promise<void> => {
		while (waiting.length > 0) {
			const calls = waiting.slice(0, AT_ONCE);
			waiting = waiting.slice(AT_ONCE);
			try {
				const bytes = Buffer.concat(calls.map((call) => call.bytes));
				const answers = splitAnswers(await ask({ kind: 'exchange', bytes }));
				calls.forEach(({ resolve }, index) => resolve(answers[index] ?? new Uint8Array()));
			} catch (error) {
				for (const { reject } of calls) reject(error as Error);
			}
		}
		working = undefined;
	};
	return {
		exchange: (bytes) =>
			new Promise((resolve, reject) => {
				waiting.push({ bytes, resolve, reject });
				// Those that are made in the same turn go together too.
				working ??= Promise.resolve().then(work);
			}),
		close: async () => {
			await working;
			await ask({ kind: 'close' });
			await thread.terminate();
		},
	};
}

const READY_FOR_QUERY = 'Z'.charCodeAt(0);

/** Each answer ends with ReadyForQuery. A message is a letter and then its length, which counts itself. */
function splitAnswers(bytes: Uint8Array): Uint8Array[] {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const answers: Uint8Array[] = [];
	let start = 0;
	for (let at = 0; at + 5 <= bytes.length;) {
		const end = at + 1 + view.getUint32(at + 1);
		if (bytes[at] === READY_FOR_QUERY) {
			answers.push(bytes.subarray(start, end));
			start = end;
		}
		at = end;
	}
	return answers;
}
