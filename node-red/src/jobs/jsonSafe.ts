/** What of a message is kept beside a job over a restart. */
import type { Message } from '../messages/message';

/** The largest message that is kept beside a job over a restart. */
const MAX_KEPT_BYTES = 64 * 1024;

/**
 * A copy that survives JSON. Requests, responses, buffers, functions and whatever else is not data is left out, and so
 * is the largest property while the whole is too large.
 */
export function jsonSafe(msg: Message): Message {
	const kept = Object.entries(msg).flatMap(([key, value]) => {
		const text = key === 'req' || key === 'res' ? undefined : jsonText(value);
		return text === undefined ? [] : [{ key, text }];
	});
	kept.sort((a, b) => a.text.length - b.text.length);
	let size = 0;
	const small = kept.filter(({ text }) => (size += text.length) <= MAX_KEPT_BYTES);
	return Object.fromEntries(small.map(({ key, text }) => [key, JSON.parse(text)])) as Message;
}

function jsonText(value: unknown): string | undefined {
	if (Buffer.isBuffer(value) || ArrayBuffer.isView(value)) return undefined;
	try {
		return JSON.stringify(value);
	} catch {
		return undefined;
	}
}
