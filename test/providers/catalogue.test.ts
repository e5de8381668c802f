/** The catalogue as data: every entry is what the types say, and the entries agree with each other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
	aimlapiCatalogue,
	definitionOf,
	fieldRoles,
	findModel,
	modelslabCatalogue,
	novitaCatalogue,
	ruleOf,
	usableModels,
} from '../../providers/catalogue';
import type {
	Catalogue,
	Definitions,
	FieldEntry,
	ModelEntry,
} from '../../providers/catalogue/types';
import { fieldSchema, modelSchema, ruleSchema } from '../support/catalogueSchema';

const definitions = JSON.parse(
	readFileSync(
		join(import.meta.dirname, '..', '..', 'providers', 'catalogue', 'data', 'definitions.json'),
		'utf8',
	),
) as Definitions;
const catalogues: Record<string, Catalogue> = {
	aimlapi: aimlapiCatalogue,
	modelslab: modelslabCatalogue,
	novita: novitaCatalogue,
};
const all = Object.entries(catalogues).flatMap(([account, { models }]) =>
	models.map((model) => [`${account} ${model.id}`, model, account] as const),
);

const fieldsNamed = (model: ModelEntry): Map<string, FieldEntry> =>
	new Map((model.fields ?? []).map(definitionOf).map((field) => [field.name, field]));

/** Whether a plain value is of the field's type and inside its range. */
function fits(field: FieldEntry, value: unknown): boolean {
	const kind = field.type === 'choice' ? field.of : field.type;
	const typed =
		kind === 'integer' ? Number.isInteger(value) : typeof value === JSON_TYPES[String(kind)];
	if (!typed) return false;
	if (field.enum) return field.enum.some((one) => one === value);
	const { minimum = -Infinity, maximum = Infinity, step = 0 } = field;
	if (typeof value !== 'number') return true;
	return value >= minimum && value <= maximum && (step === 0 || (value - minimum) % step === 0);
}

const JSON_TYPES: Record<string, string> = { text: 'string', number: 'number', boolean: 'boolean' };

describe('a definition', () => {
	const keys = Object.keys(definitions.fields);

	it.each(keys)('%s is of a known form', (key) => {
		const field = definitionOf(key);
		expect(fieldSchema.safeParse(field).error?.issues ?? []).toEqual([]);
		expect(fieldRoles).toContain(field.role);
		expect(key.startsWith(field.name)).toBe(true);
		for (const start of [field.default, field.initial].filter((value) => value !== undefined)) {
			expect(fits(field, start), `${key} starts with ${String(start)}`).toBe(true);
		}
		const values = (field.enum ?? []).map(String);
		expect(values).toEqual(expect.arrayContaining(Object.keys(field.labels ?? {})));
		expect((field.itemFields ?? []).map((inner) => definitionOf(inner).name)).toEqual(
			expect.arrayContaining(field.requiredItemFields ?? []),
		);
	});

	it('stands once', () => {
		const whole = keys.map((key) => JSON.stringify(sorted(definitionOf(key))));
		expect(whole.filter((text, index) => whole.indexOf(text) !== index)).toEqual([]);
	});

	it('is used', () => {
		const used = new Set(all.flatMap(([, { fields = [] }]) => fields));
		for (const key of used) for (const inner of definitionOf(key).itemFields ?? []) used.add(inner);
		expect(keys.filter((key) => !used.has(key))).toEqual([]);
	});
});

const sorted = (field: FieldEntry) =>
	Object.entries(field).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

describe('a rule', () => {
	it.each(Object.keys(definitions.rules))('%s is of a known form', (name) => {
		expect(ruleSchema.safeParse(ruleOf(name)).error?.issues ?? []).toEqual([]);
	});

	it('is used', () => {
		const used = new Set(all.flatMap(([, { rules = [] }]) => rules));
		expect(Object.keys(definitions.rules).filter((name) => !used.has(name))).toEqual([]);
	});
});

describe('a model', () => {
	it.each(all)('%s is of a known form', (_name, model) => {
		expect(modelSchema.safeParse(model).error?.issues ?? []).toEqual([]);
	});

	it.each(all.filter(([, { fields }]) => fields))(
		'%s has each field once, in the order of what they are for',
		(_name, model) => {
			const fields = (model.fields ?? []).map(definitionOf);
			const names = fields.map(({ name }) => name);
			expect(new Set(names).size).toBe(names.length);
			expect(names[0]).toBe('prompt');
			const ranks = fields.map(({ role }) => fieldRoles.indexOf(String(role)));
			expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
			const paths = fields
				.map(({ wire, name }) => wire ?? name)
				.filter((path) => !path.endsWith('[]'));
			expect(new Set(paths).size).toBe(paths.length);
			expect(names).toEqual(expect.arrayContaining(model.required ?? []));
			expect(model.required ?? []).toEqual(expect.arrayContaining(model.requiredWithDefault ?? []));
			const hasSwitch = fields.some(({ role, type }) => role === 'sound' && type === 'boolean');
			expect(model.status !== 'usable' || (model.sound === 'switch') === hasSwitch).toBe(true);
		},
	);

	it.each(all.filter(([, { rules }]) => rules))(
		'%s has rules over fields and values of its own',
		(_name, model) => {
			const named = fieldsNamed(model);
			for (const { if: conditions, then } of (model.rules ?? []).map(ruleOf)) {
				const lists = [then.require, then.anyOf, then.oneOf, then.ignore].flatMap(
					(list) => list ?? [],
				);
				const forbidden = Array.isArray(then.forbid) ? then.forbid : [];
				const valued = [
					...Object.entries(then.allow ?? {}),
					...(Array.isArray(then.forbid) ? [] : Object.entries(then.forbid ?? {})),
					...Object.entries(conditions).map(
						([name, condition]) => [name, valuesOf(condition)] as const,
					),
				];
				const missing = [...lists, ...forbidden, ...valued.map(([name]) => name)].filter(
					(name) => !named.has(name),
				);
				expect(missing).toEqual([]);
				for (const [name, values] of valued) {
					for (const value of values) expect(fits(named.get(name)!, value), name).toBe(true);
				}
			}
		},
	);

	it.each(Object.entries(catalogues))('of %s is told apart by its name', (_account, { models }) => {
		const names = models.flatMap(({ id, aliases = [] }) => [id, ...aliases]);
		expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
		const titles = models.filter(({ status }) => status === 'usable').map(({ title }) => title);
		expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
	});

	it.each(Object.entries(catalogues))(
		'of %s that is gone, or the first to choose, leads to one that can be used',
		(_account, catalogue) => {
			const usable = usableModels(catalogue).map(({ id }) => id);
			const named = [
				...catalogue.models.flatMap(({ replacement = [], sameAs = [] }) => [replacement, sameAs]),
				...catalogue.firstChoices.map(({ id }) => id),
				...(catalogue.retiredNames ?? []).map(({ replacement }) => replacement),
			].flat();
			expect(named.filter((id) => !usable.includes(id))).toEqual([]);
		},
	);

	it('is found by any of its names', () => {
		expect(findModel(aimlapiCatalogue, 'pixverse/v5-5-text-to-video')?.id).toBe(
			'pixverse/v5.5/text-to-video',
		);
		expect(findModel(aimlapiCatalogue, ' veo2 ')?.title).toBe('Veo 2');
		expect(findModel(aimlapiCatalogue, 'toString')).toBeUndefined();
	});
});

const valuesOf = (condition: unknown): unknown[] => {
	if (typeof condition !== 'object' || condition === null) return [condition];
	return 'in' in condition ? (condition.in as unknown[]) : [];
};
