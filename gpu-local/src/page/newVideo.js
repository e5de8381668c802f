// The form for a new video: its fields are those that the API's own description lists, without those that the chosen
// model has no use for.

import { $, api, bodySchema, choicesOf, element, json, resolved, typeOf } from './api.js';

/** Those that have a place of their own in the form. */
const OWN_PLACE = new Set(['prompt', 'model', 'size', 'seconds']);
const LONG_TEXT = 500;

const form = $('#new');
const more = $('#more-fields');
const models = new Map();
let fields = [];

/** @param onMade called with the new job */
export async function startForm(onMade) {
	const description = await json('GET', '/openapi.json');
	const schema = bodySchema(description, description.paths['/v1/videos'].post);
	fields = flatten(description, schema).filter(({ path }) => !OWN_PLACE.has(path));
	more.replaceChildren(...fields.map(rowOf));
	form.elements.model.addEventListener('change', fitToModel);
	form.addEventListener('submit', async (event) => {
		event.preventDefault();
		const error = $('#new-error');
		error.textContent = '';
		try {
			onMade(await (await api('POST', '/v1/videos', await requestOf())).json());
		} catch (problem) {
			error.textContent = problem.message;
		}
	});
}

export async function loadModels() {
	const { data } = await json('GET', '/v1/models?type=model');
	models.clear();
	for (const model of data) models.set(model.id, model);
	const select = form.elements.model;
	const before = select.value;
	select.replaceChildren(
		...data
			.filter(({ available }) => available)
			.map(({ id, name }) => element('option', { value: id, textContent: id, title: name })),
	);
	if (models.get(before)?.available) select.value = before;
	fitToModel();
}

/** Fills the form with what a job was made of. */
export function fillForm({ prompt, model, size, seconds, seed }) {
	const { elements } = form;
	elements.prompt.value = prompt;
	if (models.get(model)?.available) elements.model.value = model;
	elements.size.value = size;
	elements.seconds.value = seconds;
	if (elements.seed) elements.seed.value = seed;
	fitToModel();
	elements.prompt.focus();
	form.scrollIntoView({ block: 'start' });
}

/** Nested objects field by field, as `webhook.url`. */
function flatten(description, schema, prefix = '') {
	return Object.entries(schema?.properties ?? {}).flatMap(([name, part]) => {
		const field = resolved(description, part);
		const path = `${prefix}${name}`;
		return typeOf(field) === 'object' && field.properties
			? flatten(description, field, `${path}.`)
			: [{ path, field }];
	});
}

function rowOf({ path, field }) {
	const id = `field-${path}`;
	const input = inputOf(path, field);
	Object.assign(input, { id, name: path });
	const row = element('div', { className: 'field' }, [
		element('label', { htmlFor: id, textContent: field.title ?? path }),
		input,
	]);
	row.dataset.path = path;
	if (field.description) {
		const help = element('small', { id: `${id}-help`, textContent: field.description });
		input.setAttribute('aria-describedby', help.id);
		row.append(help);
	}
	return row;
}

const isNumber = (field) => ['number', 'integer'].includes(typeOf(field));
const isJson = (field) => ['array', 'object'].includes(typeOf(field));

function inputOf(path, field) {
	const usual = field.default === undefined ? '' : `${field.default}`;
	// A file from this machine; programs may also give an address.
	if (path.split('.')[0] === 'input_reference') {
		return element('input', { type: 'file', accept: 'image/png,image/jpeg,image/webp' });
	}
	const choices = choicesOf(field);
	if (choices) {
		const blank = element('option', {
			value: '',
			textContent: usual ? `usual (${usual})` : 'usual',
		});
		const options = choices.map((value) => element('option', { value, textContent: value }));
		return element('select', {}, [blank, ...options]);
	}
	if (isNumber(field)) {
		const step = typeOf(field) === 'integer' ? '1' : 'any';
		const input = element('input', { type: 'number', step, placeholder: usual });
		if (field.minimum !== undefined) input.min = field.minimum;
		if (field.maximum !== undefined) input.max = field.maximum;
		return input;
	}
	if (isJson(field)) {
		const placeholder = typeOf(field) === 'array' ? '[ { … } ]' : '{ … }';
		return element('textarea', { rows: 2, placeholder, spellcheck: false });
	}
	return (field.maxLength ?? 0) > LONG_TEXT
		? element('textarea', { rows: 2 })
		: element('input', { type: field.format === 'uri' ? 'url' : 'text', placeholder: usual });
}

/** Hides what the model has no use for, and shows what it does where a field is left empty. */
function fitToModel() {
	const model = models.get(form.elements.model.value);
	const unsupported = new Set(model?.unsupported ?? []);
	for (const row of more.children) {
		const [first] = row.dataset.path.split('.');
		row.hidden = unsupported.has(first);
		const input = $('input, textarea', row);
		const usual = model?.defaults?.[row.dataset.path];
		if (input && usual !== undefined) input.placeholder = `${usual}`;
	}
	const { width, height } = model?.defaults ?? {};
	if (width && height) form.elements.size.placeholder = `${width}x${height}`;
}

async function requestOf() {
	const request = {};
	const put = (path, value) => {
		const keys = path.split('.');
		let node = request;
		for (const key of keys.slice(0, -1)) node = node[key] ??= {};
		node[keys.at(-1)] = value;
	};
	for (const name of OWN_PLACE) {
		const { value } = form.elements[name];
		if (value !== '') put(name, value);
	}
	for (const row of more.children) {
		if (row.hidden) continue;
		const { path } = row.dataset;
		const { field } = fields.find((each) => each.path === path);
		const value = await valueOf(form.elements[path], field);
		if (value !== undefined) put(path, value);
	}
	return request;
}

async function valueOf(input, field) {
	if (input.type === 'file') return input.files[0] && (await dataUrlOf(input.files[0]));
	const text = input.value.trim();
	if (text === '') return undefined;
	if (typeOf(field) === 'boolean') return text === 'true';
	if (field.enum) return text;
	if (isNumber(field)) return Number(text);
	if (!isJson(field)) return input.value;
	try {
		return JSON.parse(text);
	} catch {
		throw new Error(`${field.title ?? input.name} must be JSON, such as ${input.placeholder}.`);
	}
}

const dataUrlOf = (file) =>
	new Promise((resolve, reject) => {
		const reader = new FileReader();
		reader.onload = () => resolve(reader.result);
		reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
		reader.readAsDataURL(file);
	});
