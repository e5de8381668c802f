/**
 * JSON that the database takes. What an engine or another server said may hold what no text may be there: NUL, and
 * half of a character.
 */
export const toJson = (value: unknown): string =>
	JSON.stringify(value, (_name, member: unknown) =>
		typeof member === 'string' ? member.replaceAll(UNSTORABLE, '\ufffd') : member,
	);

const UNSTORABLE = /\0|\p{Surrogate}/gu;
