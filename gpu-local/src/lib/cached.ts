/**
 * The last answer again while it is fresh; callers at the same time share one question.
 *
 * @returns asks again where the answer is older than `freshMs`, or than what the caller says
 */
export function cached<Answer>(
	ask: () => Promise<Answer>,
	freshMs: number,
): (olderThanMs?: number) => Promise<Answer> {
	let answer: Promise<Answer> | undefined;
	let askedMs = 0;
	return (olderThanMs = freshMs) => {
		const nowMs = performance.now();
		if (answer === undefined || nowMs - askedMs > olderThanMs) {
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
