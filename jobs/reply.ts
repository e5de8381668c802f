/** A provider's reply as the readers want it, whatever HTTP client the host has. */

/** The parsed JSON, or the text where it is no JSON. Some services send JSON under another content type. */
export function parseReplyBody(body: unknown): unknown {
	if (typeof body !== 'string') return body;
	try {
		return JSON.parse(body);
	} catch {
		return body;
	}
}

/** Names in lower case, each value as one text. */
export function replyHeaders(headers: object | undefined): Record<string, string> {
	return Object.fromEntries(
		Object.entries(headers ?? {})
			.filter(([, value]) => value !== undefined)
			.map(([name, value]) => [name.toLowerCase(), String(value)]),
	);
}
