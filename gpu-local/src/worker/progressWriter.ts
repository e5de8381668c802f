import type { Progress } from '../engines/engine.ts';

const PROGRESS_EVERY_MS = 250;

export interface ProgressWriter {
	report(progress: Progress): void;
	/** Resolves when nothing is being stored any more. */
	end(): Promise<void>;
}

/** Stores the latest progress, rarely enough for a database. `save` does not throw. */
export function progressWriter(save: (progress: Progress) => Promise<void>): ProgressWriter {
	let latest: Progress | undefined;
	let timer: NodeJS.Timeout | undefined;
	let writing: Promise<void> = Promise.resolve();
	const write = () => {
		timer = undefined;
		if (!latest) return;
		const progress = latest;
		latest = undefined;
		writing = writing.then(() => save(progress));
	};
	return {
		report: (progress) => {
			latest = progress;
			timer ??= setTimeout(write, PROGRESS_EVERY_MS);
		},
		end: async () => {
			clearTimeout(timer);
			await writing;
		},
	};
}
