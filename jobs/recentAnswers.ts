/** Answers that are good for a while: one question for all who ask in that time. */

interface Answer<T> {
	atMs: number;
	answer: Promise<T>;
}

export class RecentAnswers<T> {
	private readonly answers = new Map<string, Answer<T>>();

	/**
	 * @param keepMs how long an answer is good
	 * @param most how many are kept
	 */
	constructor(
		private readonly keepMs: number,
		private readonly most: number,
	) {}

	/** @param nowMs Unix milliseconds */
	of(key: string, nowMs: number, ask: () => Promise<T>): Promise<T> {
		const known = this.answers.get(key);
		if (known && nowMs - known.atMs < this.keepMs) return known.answer;
		const answer = ask();
		keepNewest(this.answers, key, { atMs: nowMs, answer }, this.most);
		return answer;
	}

	/** The next one who asks gets a new answer. */
	forget(key: string): void {
		this.answers.delete(key);
	}
}

/** Puts an entry last, and drops the first where there are too many. */
export function keepNewest<T>(entries: Map<string, T>, key: string, entry: T, most: number): void {
	entries.delete(key);
	entries.set(key, entry);
	const oldest = entries.size > most ? entries.keys().next().value : undefined;
	if (oldest !== undefined) entries.delete(oldest);
}
