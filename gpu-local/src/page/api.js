// Calls to the server with the key that this page was given.

const KEY_NAME = 'gpu-local-key';

export const $ = (selector, parent = document) => parent.querySelector(selector);

/** Makes an element; text goes into it as text only, never as HTML. */
export const element = (name, properties = {}, children = []) => {
	const made = Object.assign(document.createElement(name), properties);
	made.append(...children);
	return made;
};

/** Tells people, those too who do not see the page. */
export const say = (text) => ($('#said').textContent = text);

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

/** Of what is described in several ways, the first is the usual one. */
export function bodySchema(description, operation) {
	const content = resolved(description, operation.requestBody)?.content;
	const schema = resolved(description, content?.['application/json']?.schema);
	return schema?.anyOf?.[0] ?? schema;
}

/** What a field is: of its types the first, which the others stand for. */
export const typeOf = ({ type, enum: values }) =>
	values?.includes(true) ? 'boolean' : [type].flat()[0];

/** What there is to choose from; without the other ways to write the same, and what leaves the field out. */
export function choicesOf(field) {
	if (typeOf(field) === 'boolean') return ['true', 'false'];
	const texts = field.enum?.filter((value) => value !== null && value !== '').map(String);
	return texts && [...new Set(texts)];
}

/** A limit that says something: that of the whole numbers in JSON does not. */
export const limitOf = (limit) => (Math.abs(limit) === Number.MAX_SAFE_INTEGER ? undefined : limit);

/** Links name the server as the caller sees it; here only its path matters. */
export const pathOf = (url) => new URL(url).pathname + new URL(url).search;
