import { afterEach, describe, expect, it } from 'vitest';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { TextToVideoFetchResult } from '../../nodes/TextToVideoFetchResult/TextToVideoFetchResult.node';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runWorkflow } from '../support/n8nCore';
import { videoOptions, videoParameters } from '../support/videoNode';

let sim: Simulator;
afterEach(async () => await sim.close());

/** n8n gives the tool form of a node the same code under a name that ends in Tool. */
async function runTool(provider: string, parameters: object) {
	return await runWorkflow({
		...(await videoOptions(sim, { provider })),
		nodeTypes: { textToVideoTool: new TextToVideo() },
		nodes: [
			{
				name: 'Video',
				type: 'textToVideoTool',
				parameters: videoParameters(provider, parameters) as never,
			},
		],
	});
}

describe('as an agent’s tool', () => {
	it('answers with a few lines of text and no file', async () => {
		sim = await startSimulator();
		const result = await runTool('localGpu', { whenSubmitted: 'wait' });
		const [item] = result.items('Video');
		expect(item?.binary).toBeUndefined();
		expect(item?.json).toEqual({
			provider: 'localGpu',
			jobId: sim.book.jobs[0]?.id,
			status: 'succeeded',
			finished: true,
			videoUrls: [expect.stringMatching(/^http/)],
		});
		expect(JSON.stringify(item?.json).length).toBeLessThan(500);
		expect(sim.book.of('content')).toEqual([]);
	});

	it('never sleeps: it waits awake, and its job carries no callback', async () => {
		sim = await startSimulator({ durationMs: Infinity });
		const result = await runTool('modelslabV6', {
			whenSubmitted: 'suspend',
			options: { waitAtMost: 0.01 },
		});
		expect(result.status).toBe('success');
		expect(result.waitTillMs).toBeUndefined();
		expect(sim.book.jobs[0]?.callbackUrl).toBeUndefined();
		expect(result.items('Video')[0]?.json).toMatchObject({
			status: 'processing',
			finished: false,
			askAgainInSeconds: expect.any(Number) as number,
			next: expect.stringContaining('do not order it again') as string,
		});
	});

	it('fetches a result as text too', async () => {
		sim = await startSimulator({ durationMs: Infinity });
		const ordered = await runTool('localGpu', { options: { waitAtMost: 0.01 } });
		const jobId = String(ordered.items('Video')[0]?.json.jobId);
		await sim.finish(jobId);
		const result = await runWorkflow({
			...(await videoOptions(sim)),
			nodeTypes: { textToVideoFetchResultTool: new TextToVideoFetchResult() },
			nodes: [
				{
					name: 'Result',
					type: 'textToVideoFetchResultTool',
					parameters: {
						provider: 'localGpu',
						authentication: '={{ $parameter["provider"] }}',
						operation: 'get',
						jobId,
					},
				},
			],
		});
		expect(result.items('Result')[0]).toMatchObject({ json: { jobId, finished: true } });
		expect(result.items('Result')[0]?.binary).toBeUndefined();
		expect(sim.book.charges).toBe(1);
	});
});
