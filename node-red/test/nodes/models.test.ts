/** Every model of the catalogue in Node-RED, with the fields that only it has, to providers that refuse what their documents refuse. */
import { describe, expect, it } from 'vitest';
import { providers } from '../../../providers/registry';
import { buildRequest } from '../../../providers/schema/wire';
import { offeredModels, valuesOfModel } from '../../../test/support/modelValues';
import { Stage } from '../support/stage';

describe('every model', () => {
	const stage = new Stage('node-red');

	it.each(providers.filter(({ models }) => models).map((provider) => [provider.id, provider]))(
		'of %s is submitted as the pure builder has it',
		async (id, provider) => {
			const { node, out } = await stage.load({ mode: 'return' }, {}, { provider: id });
			for (const [name, , model] of offeredModels.filter(([, one]) => one === provider)) {
				const values = valuesOfModel(provider, model);
				node.receive({ payload: values });
				const { job } = await out.next();
				expect(job?.provider, name).toBe(id);
				const { body } = stage.sim.book.of('submit').at(-1)!;
				expect(body, name).toMatchObject(buildRequest(provider, values).body);
			}
		},
		120_000,
	);
});
