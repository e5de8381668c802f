/** The last answer again while it is fresh; callers at the same time share one question. */
export function cached<Answer>(ask: () => Promise<Answer>, freshMs: number): () => Promise<Answer> {
	let answer: Promise<Answer> | undefined;
	let askedMs = 0;
	return () => {
		const nowMs = performance.now();
		if (answer === undefined || nowMs - askedMs > freshMs) {
			askedMs = nowMs;
			const asked = ask();
			answer = asked;
			asked.catch(() => {
				if (answer === asked) answer = undefined;
			});
		}
		return answer;
	};
}
