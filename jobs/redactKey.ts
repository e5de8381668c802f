import type { Reply } from '../providers/contract';
import { isObject } from '../providers/schema/wire';

/** A shorter text is found in words and numbers that are no key. */
const SHORTEST_KEY = 8;
const INSTEAD = '[API key]';

/** What a provider says is shown, stored and logged. Where it repeats the account's key, the key is left out. */
export function redactKey(reply: Reply, key: string | undefined): Reply {
	if (key === undefined || key.length < SHORTEST_KEY) return reply;
	const forms = [...new Set([key, encodeURIComponent(key)])];
	const clean = (value: unknown): unknown => {
		if (typeof value === 'string') {
			return forms.reduce((text, form) => text.replaceAll(form, INSTEAD), value);
		}
		if (Array.isArray(value)) return value.map(clean);
		if (!isObject(value)) return value;
		return Object.fromEntries(
			Object.entries(value).map(([name, inner]) => [clean(name), clean(inner)]),
		);
	};
	return {
		...reply,
		headers: clean(reply.headers) as Reply['headers'],
		body: clean(reply.body) as Reply['body'],
	};
}
