/** Marks without width that come along where text is copied from a page or a table, and that nobody sees. */
const AROUND = /^[\s\u200B\u200E\u200F\u2060]+|[\s\u200B\u200E\u200F\u2060]+$/g;

/** Without the blanks around it, seen and unseen ones. */
export const trimmed = (text: string): string => text.replace(AROUND, '');
