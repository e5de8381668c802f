import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Provider, RequestValues } from '../../providers/contract';
import { fieldsOf } from '../../providers/schema/fields';
import { providers } from '../../providers/registry';
import { validate } from '../../providers/schema/validate';
import { buildRequest, readRequest } from '../../providers/schema/wire';
import { invalidValues, looseValues, validValues } from '../support/arbitraryValues';

describe.each(providers.map((provider) => [provider.id, provider] as const))(
	'%s',
	(_id, provider) => {
		it('puts any valid values on the wire so that they can be read back', () => {
			fc.assert(
				fc.property(validValues(provider), (values) => {
					const { body } = JSON.parse(JSON.stringify(buildRequest(provider, values)));
					expect(readRequest(provider, body)).toEqual(inBody(provider, values));
				}),
			);
		});

		it('takes the values that the wire gave back as valid', () => {
			fc.assert(
				fc.property(validValues(provider), (values) => {
					// What picks the path of the call is not in the body.
					const picks = fieldsOf(provider.request).filter(({ unsent }) => unsent);
					const read = {
						...Object.fromEntries(picks.map(({ name }) => [name, values[name]])),
						...readRequest(provider, buildRequest(provider, values).body),
					};
					expect(validate(provider, read, provider.account.defaultBaseUrl).issues).toEqual([]);
				}),
			);
		});

		it('takes numbers and switches that arrive as text', () => {
			fc.assert(
				fc.property(validValues(provider), (values) => {
					const texts = Object.fromEntries(
						Object.entries(values).map(([name, value]) => [name, asText(value)]),
					);
					expect(validate(provider, texts, provider.account.defaultBaseUrl).values).toEqual(values);
				}),
			);
		});

		it('takes what tables and forms make of them for the same values', () => {
			fc.assert(
				fc.property(looseValues(provider), ({ raw, values }) => {
					const { issues, values: read } = validate(provider, raw, provider.account.defaultBaseUrl);
					expect(issues).toEqual([]);
					expect(read).toEqual(values);
				}),
			);
		});

		it('refuses any broken field and names it', () => {
			fc.assert(
				fc.property(invalidValues(provider), ({ values, field }) => {
					const { issues } = validate(provider, values, provider.account.defaultBaseUrl);
					const about = issues.filter((issue) => issue.field.split('.')[0] === field);
					expect(about.length, JSON.stringify({ values, field, issues })).toBeGreaterThan(0);
					const { title } = fieldsOf(provider.request).find(({ name }) => name === field)!;
					expect(about[0]!.message).toContain(title);
				}),
			);
		});
	},
);

/** Headers, free JSON and what only picks the path have no place of their own in the body. */
function inBody(provider: Provider, values: RequestValues): RequestValues {
	const elsewhere = fieldsOf(provider.request)
		.filter((field) => field.header || field.spread || field.unsent)
		.map(({ name }) => name);
	return Object.fromEntries(Object.entries(values).filter(([name]) => !elsewhere.includes(name)));
}

function asText(value: unknown): unknown {
	if (typeof value === 'number') return String(value);
	if (typeof value === 'boolean') return value ? 'yes' : 'no';
	return typeof value === 'object' ? JSON.stringify(value) : value;
}
