/** Each field of each provider, given in each way that the editor offers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Provider, RequestValues } from '../../../providers/contract';
import { fieldsOf, type Field } from '../../../providers/schema/fields';
import { providers } from '../../../providers/registry';
import { ofModel } from '../../../providers/schema/ofModel';
import { buildRequest } from '../../../providers/schema/wire';
import { validValues } from '../../../test/support/arbitraryValues';
import { until } from '../support/helper';
import { Stage, VERSIONS } from '../support/stage';

interface Context {
	set(name: string, value: unknown): void;
}
type Given = { name: string; value: unknown; field: Field };

const LITERALS: Partial<Record<Field['type'], string>> = {
	...{ integer: 'num', number: 'num', boolean: 'bool', json: 'json', list: 'json' },
};
const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

const WAYS: Record<string, (given: Given) => unknown> = {
	// As a person or another tool may write a flow.
	plain: ({ value }) => value,
	literal: ({ field, value }) => ({ type: LITERALS[field.type] ?? 'str', value: textOf(value) }),
	msg: ({ name }) => ({ type: 'msg', value: `given.${name}` }),
	flow: ({ name }) => ({ type: 'flow', value: name }),
	global: ({ name }) => ({ type: 'global', value: name }),
	env: ({ name }) => ({ type: 'env', value: `TTV_TEST_${name}` }),
	jsonata: ({ name }) => ({ type: 'jsonata', value: `given.${name}` }),
};

describe.each(VERSIONS)('%s', (version) => {
	const stage = new Stage(version);

	it.each(['req', 'around'])(
		'a value that leads back to itself is refused by name, and nothing is sent: msg.%s',
		async (place) => {
			const fields = { prompt: { type: 'msg', value: place } };
			const { node, caught } = await stage.load({ mode: 'return', fields });
			const req: Record<string, unknown> = { url: '/hook' };
			req.socket = { parser: { incoming: req } };
			node.receive({ req, around: { req } });
			const { failure } = await caught.next();
			expect(failure).toMatchObject({ code: 'invalid_request', accepted: 'no' });
			expect(failure?.message).toContain('Prompt (prompt) is an object that leads back to itself');
			expect(stage.sim.book.of('submit')).toEqual([]);
		},
	);

	describe('a value', () => {
		it.each(providers.map((provider) => [provider.title, provider]))(
			'of each field of %s is the same from the node, msg, flow, global, env and JSONata',
			async (_title, provider) => {
				const values = manyValues(provider);
				const asked = ofModel(provider, values);
				const given = fieldsOf(asked.request).flatMap((field) => {
					const value = values[field.name];
					return value === undefined ? [] : [{ name: field.name, value, field }];
				});
				for (const { name, value } of given) process.env[`TTV_TEST_${name}`] = textOf(value);
				for (const [way, rowOf] of Object.entries(WAYS)) {
					const fields = Object.fromEntries(given.map((one) => [one.name, rowOf(one)]));
					const options = { provider: provider.id };
					const { node } = await stage.load({ mode: 'return', fields }, {}, options);
					const { flow, global } = node.context() as unknown as Record<string, Context>;
					for (const { name, value } of given) {
						flow!.set(name, value);
						global!.set(name, value);
					}
					node.receive({ given: structuredClone(values) });
					await until(() => stage.sim.book.of('submit').length > 0);
					expect([way, stage.sim.book.of('submit')[0]?.body]).toMatchObject([
						way,
						buildRequest(provider, values).body,
					]);
					await stage.clear();
				}
				for (const { name } of given) delete process.env[`TTV_TEST_${name}`];
			},
		);
	});
});

/** Valid, and of as many fields as there are at once. */
function manyValues(provider: Provider): RequestValues {
	const { models, request } = provider;
	// A model that the simulated provider has; the fields of the others are given in the same ways.
	const naming = models && fieldsOf(request).find(({ name }) => name === models.field);
	const model = naming?.initial === undefined ? {} : { [naming.name]: naming.initial };
	const values = validValues(ofModel(provider, model), model);
	const samples = fc.sample(values, { seed: 6, numRuns: 300 });
	return samples.sort((a, b) => Object.keys(b).length - Object.keys(a).length)[0]!;
}
