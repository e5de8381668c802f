/** Every model that is offered, through n8n: submitted, asked for and downloaded, for one charge. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { TextToVideoFetchResult } from '../../nodes/TextToVideoFetchResult/TextToVideoFetchResult.node';
import { startSimulator, TINY_MP4, type Simulator } from '../simulators/simulator';
import { offeredModels, valuesOfModel } from '../support/modelValues';
import { runWorkflow } from '../support/n8nCore';
import { credentialsOf, itemParameters } from '../support/n8nNode';

describe('a model of the catalogue', () => {
	let sim: Simulator;
	beforeAll(async () => {
		sim = await startSimulator();
	});
	afterAll(() => sim.close());

	it.each(offeredModels)('%s gives the file in the end', async (_name, provider, model) => {
		const before = sim.book.charges;
		const run = await runWorkflow({
			nodeTypes: {
				textToVideo: new TextToVideo(),
				textToVideoFetchResult: new TextToVideoFetchResult(),
			},
			// A base URL of its own for every run, so that no run is paced by the ones before it.
			credentials: await credentialsOf(provider.id, { baseUrl: `${sim.url}/`, apiKey: sim.key }),
			nodes: [
				{
					name: 'Video',
					type: 'textToVideo',
					parameters: {
						...itemParameters(provider, valuesOfModel(provider, model)),
						whenSubmitted: 'return',
					} as never,
				},
				{
					name: 'Result',
					type: 'textToVideoFetchResult',
					parameters: {
						provider: provider.id,
						authentication: '={{ $parameter["provider"] }}',
						operation: 'get',
						jobId: '={{ $json }}',
						downloadVideo: true,
					} as never,
				},
			],
		});
		expect(run.error).toBeUndefined();
		const [item] = run.items('Result');
		expect(item!.json).toMatchObject({ provider: provider.id, status: 'succeeded' });
		expect(item!.binary?.data).toMatchObject({ mimeType: 'video/mp4', bytes: TINY_MP4.length });
		expect(sim.book.charges - before).toBe(1);
		expect(sim.book.keyLeaks).toEqual([]);
	});
});
