import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fieldsOf, type Field } from '../../providers/schema/fields';
import { providerById, providers } from '../../providers/registry';
import { fieldRows, fieldTable } from '../../providers/schema/tables';
import { validate } from '../../providers/schema/validate';
import { buildRequest, readRequest } from '../../providers/schema/wire';
import { generated } from '../../scripts/generateDocs';
import { documentedParameters, documentedRequests } from './exchanges';

describe.each(documentedParameters)('$source', ({ provider: id, rows }) => {
	const provider = providerById(id);
	const table = fieldRows(provider);

	it.each(Object.entries(rows))('has %s as documented', (name, { choices, ...told }) => {
		const row = table.find((candidate) => candidate.name === name);
		expect(row).toMatchObject(told);
		expect(choices ? row!.range.split(', ').length : undefined).toBe(choices);
	});

	it('keeps the documented order', () => {
		const names = table.map(({ name }) => name).filter((name) => name in rows);
		expect(names).toEqual(Object.keys(rows));
	});

	it('has no field of its own invention', () => {
		const own = table.map(({ name }) => name).filter((name) => name !== '—' && !(name in rows));
		expect(own).toEqual([]);
	});
});

describe.each(documentedRequests)("$source's example request", ({ provider: id, body }) => {
	const provider = providerById(id);
	const values = readRequest(provider, body);

	it('is valid', () => {
		expect(validate(provider, values, provider.account.defaultBaseUrl).issues).toEqual([]);
	});

	it('is what goes on the wire again, but for the key and what is null', () => {
		const { key: _key, ...others } = body;
		const said = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== null));
		expect(buildRequest(provider, values).body).toEqual(said);
	});
});

describe('every field', () => {
	const all = providers.flatMap((provider) =>
		withItems(fieldsOf(provider.request)).map(
			(field) => [`${provider.id} ${field.name}`, field] as const,
		),
	);

	it.each(all)('%s has a title and a sentence for people', (_name, field) => {
		expect(field.title).toMatch(/^[A-Z0-9]/);
		const start = field.type === 'boolean' ? /^Whether / : /^[A-Z0-9-]/;
		expect(field.help).toMatch(start);
		expect(field.help).toMatch(/\.$/);
	});
});

describe('the documents', () => {
	it('hold the tables that the schemas give', async () => {
		for (const [path, text] of Object.entries(await generated())) {
			expect(readFileSync(path, 'utf8'), `${path} is old: npm run docs:fields`).toBe(text);
		}
	});

	it('have a row for every field of every provider', () => {
		for (const provider of providers) {
			const lines = fieldTable(provider).split('\n');
			expect(lines).toHaveLength(2 + withItems(fieldsOf(provider.request)).length);
		}
	});
});

function withItems(fields: Field[]): Field[] {
	return fields.flatMap((field) => [field, ...withItems(field.items ?? [])]);
}
