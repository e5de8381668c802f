import { Worker } from 'node:worker_threads';
import type { ThreadNews, ThreadOptions, ThreadTask } from './thread.ts';

/** Beside this file: as source in the repository, as a bundle in the published package. */
const THREAD_URL = new URL(
	import.meta.url.endsWith('.ts') ? './thread.ts' : './database-thread.js',
	import.meta.url,
);

export interface Connection {
	/** One message there, its answer back; in the order in which they were sent. */
	exchange(bytes: Uint8Array): Promise<Uint8Array>;
	close(): Promise<void>;
}

/** Starts the thread with the database, and resolves when it can be asked. */
export async function openConnection(options: ThreadOptions): Promise<Connection> {
	const thread = new Worker(THREAD_URL, { workerData: options });
	const waiting = new Map<
		number,
		{ resolve: (bytes: Uint8Array) => void; reject: (error: Error) => void }
	>();
	let nextId = 0;
	let lost: Error | undefined;
	const lose = (error: Error): void => {
		lost ??= error;
		for (const { reject } of waiting.values()) reject(error);
		waiting.clear();
	};
	const ready = new Promise<void>((resolve, reject) => {
		thread.on('message', (news: ThreadNews) => {
			if (news.kind === 'ready') return resolve();
			if (news.kind === 'failed') return reject(new Error(news.message));
			const call = waiting.get(news.id);
			waiting.delete(news.id);
			if (news.kind === 'answer') call?.resolve(news.bytes);
			else call?.reject(new Error(news.message));
		});
		thread.on('error', (error: Error) => {
			lose(error);
			reject(error);
		});
		thread.on('exit', () => {
			const error = new Error('The thread with the built-in database has ended');
			lose(error);
			reject(error);
		});
	});
	const ask = (task: (id: number) => ThreadTask): Promise<Uint8Array> =>
		new Promise((resolve, reject) => {
			if (lost) return reject(lost);
			const id = nextId++;
			waiting.set(id, { resolve, reject });
			thread.postMessage(task(id));
		});
	try {
		await ready;
	} catch (error) {
		await thread.terminate();
		throw error;
	}
	return {
		exchange: (bytes) => ask((id) => ({ kind: 'exchange', id, bytes })),
		close: async () => {
			await ask((id) => ({ kind: 'close', id }));
			await thread.terminate();
		},
	};
}
