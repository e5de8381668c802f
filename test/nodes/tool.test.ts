import { afterEach, describe, expect, it } from 'vitest';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { TextToVideoFetchResult } from '../../nodes/TextToVideoFetchResult/TextToVideoFetchResult.node';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runWorkflow } from '../support/n8nCore';
import { videoOptions, videoParameters, type VideoRun } from '../support/videoNode';

let sim: Simulator;
afterEach(async () => await sim.close());

/** n8n gives the tool form of a node the same code under a name that ends in Tool. */
const runTool = async (provider: string, parameters: object, run: VideoRun = {}) =>
	await runWorkflow(await toolOptions(provider, parameters, run));

async function toolOptions(provider: string, parameters: object = {}, run: VideoRun = {}) {
	return {
		...(await videoOptions(sim, { provider, ...run })),
		nodeTypes: { textToVideoTool: new TextToVideo() },
		nodes: [
			{
				name: 'Video',
				type: 'textToVideoTool',
				parameters: videoParameters(provider, parameters) as never,
			},
		],
	};
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
			accepted: 'yes',
			videoUrls: [expect.stringMatching(/^http/)],
			ordersLeft: 99,
			next: expect.stringContaining('Give the address to the user') as string,
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

	it('answers how far a job is that goes on', async () => {
		sim = await startSimulator({ durationMs: 60_000, queueMs: 0 });
		const options = { waitAtMost: 0.05 };
		const result = await runTool('localGpu', { whenSubmitted: 'wait', options });
		const { progress, etaSeconds, finished } = result.items('Video')[0]?.json ?? {};
		expect(finished).toBe(false);
		expect(progress).toBeTypeOf('number');
		expect(etaSeconds).toBeTypeOf('number');
	});

	const answerOf = async (provider: string, parameters: object = {}, run: VideoRun = {}) => {
		const result = await runTool(provider, parameters, run);
		expect(result.status).toBe('success');
		const json = result.items('Video')[0]?.json ?? {};
		// n8n's agent would hand on nothing but that member.
		expect(json).not.toHaveProperty('error');
		expect(JSON.stringify(json).length).toBeLessThan(900);
		return json;
	};

	it.each(['novita', 'modelslabV6', 'aimlapiPixverse'])(
		'answers where no credential for %s is chosen: nothing was ordered, and who can help',
		async (provider) => {
			sim = await startSimulator();
			const { credentials: _none, ...options } = await toolOptions(provider);
			const result = await runWorkflow(options);
			expect(result.items('Video')[0]?.json).toMatchObject({
				status: 'refused',
				accepted: 'no',
				problem: expect.stringMatching(
					/^No credential for .* is chosen.*choose or make one/,
				) as string,
				next: expect.stringContaining('ordering again does not help') as string,
			});
		},
	);

	it('answers that a prompt was refused, and that nothing costs money', async () => {
		sim = await startSimulator();
		expect(await answerOf('localGpu', {}, { prompts: [''] })).toMatchObject({
			status: 'refused',
			accepted: 'no',
			problem: expect.stringContaining('Prompt') as string,
			ordersLeft: 100,
			next: expect.stringContaining('Nothing was ordered') as string,
		});
		expect(sim.book.charges).toBe(0);
	});

	it('answers that the job failed, and does not invite another order', async () => {
		sim = await startSimulator({ failWhen: () => 'Nobody can draw that' });
		const answer = await answerOf('localGpu');
		expect(answer).toMatchObject({
			jobId: sim.book.jobs[0]?.id,
			status: 'failed',
			accepted: 'yes',
			problem: expect.stringContaining('Nobody can draw that') as string,
			next: expect.stringContaining('order again only if the user asks') as string,
		});
		expect(sim.book.charges).toBe(1);
	});

	it('answers that the submit is in doubt, with the advice, and that it must not be repeated', async () => {
		sim = await startSimulator();
		sim.faults.next('submit', { kind: 'resetAfter' });
		const answer = await answerOf('modelslabV6');
		expect(answer).toMatchObject({
			status: 'unknown',
			accepted: 'unknown',
			problem: expect.stringContaining('may have been accepted') as string,
			next: expect.stringContaining('Do not order again') as string,
		});
		expect(sim.book.charges).toBe(1);
	});

	it('answers that the key is wrong', async () => {
		sim = await startSimulator();
		const denied = { kind: 'answer', status: 401, body: { message: 'Bad key' } } as const;
		sim.faults.next('submit', denied);
		expect(await answerOf('localGpu')).toMatchObject({
			accepted: 'no',
			next: expect.stringContaining('ordering again does not help') as string,
		});
	});

	it('orders for the call alone, where the agent shows it other items too', async () => {
		sim = await startSimulator();
		const result = await runTool('localGpu', {}, { prompts: ['A fox', '', 'A hare'] });
		expect(result.items('Video').map(({ json }) => json)).toMatchObject([
			{ status: 'succeeded', jobId: sim.book.jobs[0]?.id },
		]);
		expect(sim.book.jobs.map(({ request }) => request.prompt)).toEqual(['A fox']);
	});

	it('answers that a limit is reached, and how many orders there are left', async () => {
		sim = await startSimulator();
		const parameters = { options: { maximumCost: 0.1 } };
		expect(await answerOf('aimlapiPixverse', parameters)).toMatchObject({
			status: 'refused',
			accepted: 'no',
			problem: expect.stringContaining('Maximum Cost is 0.1') as string,
			ordersLeft: 100,
			next: expect.stringContaining('order no more videos') as string,
		});
		expect(sim.book.charges).toBe(0);
	});

	it('answers that no order is left when all were used', async () => {
		sim = await startSimulator();
		const parameters = { whenSubmitted: 'return', options: { maximumJobs: 1 } };
		expect(await answerOf('localGpu', parameters)).toMatchObject({
			accepted: 'yes',
			ordersLeft: 0,
		});
	});

	it('answers what the orders have cost so far', async () => {
		sim = await startSimulator();
		const options = { maximumCost: 1 };
		const answer = await answerOf('aimlapiPixverse', { whenSubmitted: 'return', options });
		expect(answer).toMatchObject({ costSoFarUsd: 0.3, ordersLeft: 99, costUsd: 0.42 });
	});

	it('fetches a result as text too', async () => {
		sim = await startSimulator({ durationMs: Infinity });
		const ordered = await runTool('localGpu', { options: { waitAtMost: 0.01 } });
		const jobId = String(ordered.items('Video')[0]?.json.jobId);
		await sim.finish(jobId);
		const result = await runWorkflow({
			...(await videoOptions(sim, { prompts: ['A fox', 'A hare'] })),
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
		expect(result.items('Result')).toHaveLength(1);
		expect(result.items('Result')[0]).toMatchObject({ json: { jobId, finished: true } });
		expect(result.items('Result')[0]?.binary).toBeUndefined();
		expect(sim.book.charges).toBe(1);
	});
});
