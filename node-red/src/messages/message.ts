/** Node-RED messages, as far as these nodes know them. */
import type { NodeMessage } from 'node-red';
import { jobIdOf } from '../../../jobs/resolveJob';
import type { Job, ProviderFailure } from '../../../providers/contract';

export interface Message extends NodeMessage {
	job?: Job;
	failure?: ProviderFailure;
	filename?: unknown;
	cancel?: unknown;
	reset?: unknown;
}

/** Jobs that a `msg.cancel` or `msg.reset` means: all of them (`true`) or the ones with these ids. */
export function cancelRequest(msg: Message): 'all' | string[] | undefined {
	const asked = msg.cancel ?? msg.reset;
	if (asked === undefined || asked === null || asked === false || asked === '') return undefined;
	const ids = (Array.isArray(asked) ? asked : [asked])
		.map(jobIdOf)
		.filter((id) => id !== undefined);
	return ids.length > 0 ? ids : 'all';
}

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
