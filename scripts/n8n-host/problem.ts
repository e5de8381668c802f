/**
 * Something that the person at the terminal can put right.
 * `message` says what happened, `remedy` what to do next; neither needs a stack trace.
 */
export class Problem extends Error {
	constructor(
		message: string,
		readonly remedy: string,
	) {
		super(message);
		this.name = 'Problem';
	}
}

/** The text of any error, for a person. */
export function explain(error: unknown): string {
	if (error instanceof Problem) return `${error.message}\n${error.remedy}`;
	return error instanceof Error ? error.message : String(error);
}
