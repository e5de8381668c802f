/** Marks without width that come along where text is copied from a page or a table, and that nobody sees. */
const AROUND = /^[\s\u200B\u200E\u200F\u2060]+|[\s\u200B\u200E\u200F\u2060]+$/g;

/** Without the blanks around it, seen and unseen ones. */
export const trimmed = (text: string): string => text.replace(AROUND, '');

/** What an empty cell of a table, a missing column or a field that nobody filled in gives. */
export const isBlank = (value: unknown): value is null | undefined | string =>
	value === undefined || value === null || (typeof value === 'string' && trimmed(value) === '');
