// Calls to the server with the key that this page was given.

const KEY_NAME = 'gpu-local-key';

export const $ = (selector, parent = document) => parent.querySelector(selector);

/** Makes an element; text goes into it as text only, never as HTML. */
export const element = (name, properties = {}, children = []) => {
	const made = Object.assign(document.createElement(name), properties);
	made.append(...children);
	return made;
};

export const storedKey = () => sessionStorage.getItem(KEY_NAME) ?? localStorage.getItem(KEY_NAME);

/** For this tab, or for every tab of this browser until it is forgotten. */
export function storeKey(key, remember) {
	forgetKey();
	(remember ? localStorage : sessionStorage).setItem(KEY_NAME, key);
}

export function forgetKey() {
	sessionStorage.removeItem(KEY_NAME);
	localStorage.removeItem(KEY_NAME);
}

/** Rejects with the server's own words, and its HTTP status as `status`. */
export async function api(method, path, body) {
	const key = storedKey();
	const reply = await fetch(path, {
		method,
		headers: {
			...(key ? { authorization: `Bearer ${key}` } : {}),
			...(body ? { 'content-type': 'application/json' } : {}),
		},
		...(body ? { body: JSON.stringify(body) } : {}),
	});
	if (reply.ok) return reply;
	const { error } = await reply.json().catch(() => ({ error: { message: reply.statusText } }));
	throw Object.assign(new Error(error.message), { status: reply.status });
}

export const json = async (method, path, body) => await (await api(method, path, body)).json();

/** A part of the API's description, wherever it stands. */
export function resolved(description, part) {
	if (!part?.$ref) return part;
	const keys = part.$ref.replace('#/', '').split('/');
	return keys.reduce((node, key) => node?.[key], description);
}

export const bodySchema = (description, operation) =>
	resolved(
		description,
		resolved(description, operation.requestBody)?.content?.['application/json']?.schema,
	);
