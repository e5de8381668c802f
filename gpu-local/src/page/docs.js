// The API in words, from /openapi.json.

import { bodySchema, choicesOf, limitOf, resolved, storedKey, typeOf } from './api.js';
import { examples } from './examples.js';

const element = (name, text, children = []) => {
	const made = document.createElement(name);
	if (text) made.textContent = text;
	made.append(...children);
	return made;
};

const api = await (await fetch('/openapi.json')).json();
document.querySelector('#summary').textContent = api.info.description;
const place = document.querySelector('#operations');
const calls = new Map(
	examples(location.origin, storedKey() ? 'YOUR-KEY' : 'none-needed').map((each) => [
		each.path,
		each,
	]),
);
for (const [path, operations] of Object.entries(api.paths)) {
	for (const [method, operation] of Object.entries(operations)) {
		if (typeof operation !== 'object' || Array.isArray(operation)) continue;
		place.append(describe(method, path, operation));
	}
}

function describe(method, path, operation) {
	const facts = element('div', '', [
		element('p', operation.summary),
		...(operation.description ? [element('p', operation.description)] : []),
		...fieldsOf(operation),
		...(method === 'post' && calls.has(path) ? [examplesOf(calls.get(path))] : []),
	]);
	facts.className = 'facts';
	facts.prepend(element('h2', `${method.toUpperCase()} ${path}`));
	const card = element('article', '', [facts]);
	card.className = 'job';
	return card;
}

function examplesOf({ calls: byLanguage }) {
	return element(
		'div',
		'',
		Object.entries(byLanguage).map(([language, text]) => {
			const code = element('pre', text);
			code.tabIndex = 0;
			const copy = element('button', 'Copy');
			copy.type = 'button';
			copy.setAttribute('aria-label', `Copy the call in ${language}`);
			copy.addEventListener('click', async () => {
				await navigator.clipboard.writeText(text);
				copy.textContent = 'Copied';
			});
			const example = element('details', '', [
				element('summary', `Make a video and wait for it: ${language}`),
				code,
				copy,
			]);
			example.className = 'example';
			return example;
		}),
	);
}

function fieldsOf(operation) {
	const parameters = (operation.parameters ?? [])
		.map((part) => resolved(api, part))
		.map((each) => [each.name, each.description ?? '']);
	const schema = bodySchema(api, operation);
	const fields = schema ? flatten(schema) : [];
	const rows = [...parameters, ...fields];
	if (rows.length === 0) return [];
	const list = element(
		'ul',
		'',
		rows.map(([name, help]) => element('li', '', [element('code', name), ` ${help}`])),
	);
	return [element('details', '', [element('summary', 'Fields'), list])];
}

function flatten(schema, prefix = '') {
	const required = new Set(schema.required ?? []);
	return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
		const path = `${prefix}${name}`;
		if (typeOf(field) === 'object' && field.properties) return flatten(field, `${path}.`);
		const [from, to] = [limitOf(field.minimum), limitOf(field.maximum)];
		const range = [
			...(required.has(name) ? ['required'] : []),
			...(choicesOf(field) ? [choicesOf(field).join(', ')] : []),
			...(from === undefined ? [] : [`from ${from}`]),
			...(to === undefined ? [] : [`to ${to}`]),
		].join('; ');
		const own = [path, [field.description, range && `(${range})`].filter(Boolean).join(' ')];
		return field.items?.properties ? [own, ...flatten(field.items, `${path}[].`)] : [own];
	});
}
