/**
 * Every model of the catalogue in Node-RED, with the fields that only it has, to providers that refuse what their
 * documents refuse: submitted, asked for, downloaded.
 */
import { describe, expect, it } from 'vitest';
import { providers } from '../../../providers/registry';
import { buildRequest } from '../../../providers/schema/wire';
import { TINY_MP4 } from '../../../test/simulators/simulator';
import { offeredModels, valuesOfModel } from '../../../test/support/modelValues';
import { Stage } from '../support/stage';

/** Asks at once; a model of minutes is not waited for here. */
const FETCH = {
	...{ id: 'fetch', type: 'text-to-video-result', operation: 'ask', output: 'buffer' },
	...{ z: 'tab', x: 1, y: 1, account: 'account', wires: [['out']] },
};

describe('every model', () => {
	const stage = new Stage('node-red');

	it.each(providers.filter(({ models }) => models).map((provider) => [provider.id, provider]))(
		'of %s is submitted as the pure builder has it, and its video fetched',
		async (id, provider) => {
			const { node, out, caught } = await stage.load(
				{ mode: 'return', wires: [['fetch']] },
				{ durationMs: 0, queueMs: 0 },
				{ provider: id, more: () => [FETCH] },
			);
			for (const [name, , model] of offeredModels.filter(([, one]) => one === provider)) {
				const values = valuesOfModel(provider, model);
				node.receive({ payload: values });
				const { job, payload } = await Promise.race([out.next(), caught.next()]);
				expect([name, job?.provider, job?.status]).toEqual([name, id, 'succeeded']);
				expect(payload, name).toEqual(TINY_MP4);
				const { body } = stage.sim.book.of('submit').at(-1)!;
				expect(body, name).toMatchObject(buildRequest(provider, values).body);
			}
			expect(caught.all).toEqual([]);
		},
		240_000,
	);
});
