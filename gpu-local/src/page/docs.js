// The API in words, from /openapi.json.

const element = (name, text, children = []) => {
	const made = document.createElement(name);
	if (text) made.textContent = text;
	made.append(...children);
	return made;
};

const api = await (await fetch('/openapi.json')).json();
document.querySelector('#summary').textContent = api.info.description;
const place = document.querySelector('#operations');
for (const [path, operations] of Object.entries(api.paths)) {
	for (const [method, operation] of Object.entries(operations)) {
		place.append(describe(method, path, operation));
	}
}

function describe(method, path, operation) {
	const facts = element('div', '', [
		element('p', operation.summary),
		...(operation.description ? [element('p', operation.description)] : []),
		...fieldsOf(operation),
	]);
	facts.className = 'facts';
	facts.prepend(element('h2', `${method.toUpperCase()} ${path}`));
	const card = element('article', '', [facts]);
	card.className = 'job';
	return card;
}

function fieldsOf(operation) {
	const parameters = (operation.parameters ?? []).map((each) => [
		each.name,
		each.description ?? '',
	]);
	const schema = operation.requestBody?.content['application/json'].schema;
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
		if (field.type === 'object' && field.properties) return flatten(field, `${path}.`);
		const range = [
			...(required.has(name) ? ['required'] : []),
			...(field.enum ? [field.enum.join(', ')] : []),
			...(field.minimum === undefined ? [] : [`from ${field.minimum}`]),
			...(field.maximum === undefined ? [] : [`to ${field.maximum}`]),
		].join('; ');
		const own = [path, [field.description, range && `(${range})`].filter(Boolean).join(' ')];
		return field.items?.properties ? [own, ...flatten(field.items, `${path}[].`)] : [own];
	});
}
