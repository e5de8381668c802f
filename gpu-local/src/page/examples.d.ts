/** One call for each dialect, by language. */
export function examples(
	base: string,
	key: string,
): Array<{ title: string; path: string; calls: Record<'curl' | 'Node' | 'Python', string> }>;
