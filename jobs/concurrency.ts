/** How many at once. */

/** Lets at most `parallel` tasks run at the same time; the others wait in order. */
export function createConcurrencyLimit(parallel: number) {
	let running = 0;
	const waiting: Array<() => void> = [];
	/** One that is stopped leaves the line at once; one that has started is its own to stop. */
	const turn = (signal: AbortSignal | undefined): Promise<void> =>
		new Promise((resolve, reject) => {
			const leave = () => {
				waiting.splice(waiting.indexOf(enter), 1);
				reject(signal?.reason);
			};
			const enter = () => {
				signal?.removeEventListener('abort', leave);
				resolve();
			};
			if (signal?.aborted) return reject(signal.reason);
			waiting.push(enter);
			signal?.addEventListener('abort', leave, { once: true });
		});
	return async function pass<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
		if (running >= parallel) await turn(signal);
		else running += 1;
		try {
			return await task();
		} finally {
			const next = waiting.shift();
			// The place is handed on, not freed and taken again: nobody can slip in between.
			if (next) next();
			else running -= 1;
		}
	};
}
