import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { REPOSITORY_FOLDER } from '../../scripts/repository';
import { readExamples } from '../../scripts/start/examples';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { startFakeChatModel, type FakeChatModel } from '../support/fakeChatModel';
import { simulatedCredentials, untilAsleep } from '../support/lifeWorkflow';
import { itemsOf, N8nServer, until } from '../support/n8nServer';

const MANUAL = 'When clicking Execute workflow';
const EXAMPLES = [
	'ttvWaitLoop00001',
	'ttvSuspend000001',
	'ttvFallback00001',
	'ttvAgentTool0001',
	'ttvKnowTheCost01',
];
const PROMPT = 'A fox in the snow';

let sim: Simulator;
let model: FakeChatModel;
let n8n: N8nServer;
let earlier = 0;

beforeAll(async () => {
	sim = await startSimulator({ durationMs: Infinity });
	model = await startFakeChatModel([
		{ tool: 'Text_to_Video', args: { prompt: PROMPT } },
		{ say: ([answer]) => `Here it is: ${answer}` },
	]);
	const examples = await readExamples(join(REPOSITORY_FOLDER, 'examples'));
	n8n = await N8nServer.start({
		credentials: [
			...simulatedCredentials(sim, ['textToVideoLocalGpuApi', 'textToVideoAimlApi']),
			{ name: 'OpenAI', type: 'openAiApi', data: { apiKey: 'a-key', url: model.url } },
		],
		workflows: examples.filter(({ id }) => EXAMPLES.includes(id ?? '')),
	});
});
afterAll(async () => {
	await n8n?.dispose();
	await sim?.close();
	model?.close();
});
beforeEach(() => {
	earlier = sim.book.charges;
});
afterEach(() => sim.faults.clear());

const jobs = () => sim.book.jobs.slice(earlier);
const bought = async (count: number) =>
	await until(30_000, `${count} jobs`, async () => (jobs().length === count ? true : undefined));
const finishAll = async () => await Promise.all(jobs().map(async ({ id }) => await sim.finish(id)));

it('02: the loop of Wait and Fetch Result sleeps, survives a power cut and ends with the video', async () => {
	const id = await n8n.rest.runManually('ttvWaitLoop00001', MANUAL);
	expect((await untilAsleep(n8n, id)).status).toBe('waiting');
	expect(jobs()).toHaveLength(1);
	await n8n.killAndRestart();
	await finishAll();
	const done = await n8n.rest.untilExecution(id, undefined, 200_000);
	expect(done.status).toBe('success');
	expect(itemsOf(done, 'The video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	expect(jobs()).toHaveLength(1);
});

it('03: sleeps until the callback', async () => {
	const id = await n8n.rest.runManually('ttvSuspend000001', MANUAL);
	expect((await untilAsleep(n8n, id)).status).toBe('waiting');
	await finishAll();
	const done = await n8n.rest.untilExecution(id);
	expect(itemsOf(done, 'The video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
});

it('04: turns to another provider only where the first certainly did not take the job', async () => {
	sim.faults.next('submit', { kind: 'error', error: 'noCredit' });
	const id = await n8n.rest.runManually('ttvFallback00001', MANUAL);
	await bought(1);
	await finishAll();
	const done = await n8n.rest.untilExecution(id);
	expect(itemsOf(done, 'The video')[0]).toMatchObject({
		json: { provider: 'localGpu', status: 'succeeded' },
		binary: { data: { mimeType: 'video/mp4' } },
	});
	expect(jobs().map(({ provider }) => provider)).toEqual(['localGpu']);
});

it('04: stops where money may have been spent', async () => {
	sim.faults.next('submit', { kind: 'resetAfter' });
	// Neither the price nor the log can be asked, so the doubt stays.
	sim.faults.next('account', { kind: 'error', error: 'notFound' }, { times: 2 });
	const done = await n8n.run('ttvFallback00001', MANUAL);
	expect(itemsOf(done, 'Look at the provider first')[0]?.json).toMatchObject({
		details: { accepted: 'unknown', provider: 'aimlapiPixverse' },
	});
	expect(jobs().map(({ provider }) => provider)).toEqual(['aimlapiPixverse']);
});

it('07: an agent orders a video with its own words and gets a short text', async () => {
	const workflowId = 'ttvAgentTool0001';
	const workflowData = await n8n.rest.call('GET', `/rest/workflows/${workflowId}`);
	const name = 'When chat message received';
	const item = { json: { chatInput: 'A fox, please', sessionId: 's1', action: 'sendMessage' } };
	const data = {
		startTime: Date.now(),
		executionTime: 0,
		executionIndex: 0,
		source: [null],
		data: { main: [[item]] },
	};
	const { executionId } = await n8n.rest.call<{ executionId: string }>(
		'POST',
		`/rest/workflows/${workflowId}/run`,
		{ workflowData, triggerToStartFrom: { name, data } },
	);
	await bought(1);
	await finishAll();
	const done = await n8n.rest.untilExecution(executionId);
	expect(done.data.resultData.error).toBeUndefined();
	expect(jobs()[0]?.request.prompt).toBe(PROMPT);
	const tool = model.tools.find((each) => each.function.name === 'Text_to_Video');
	expect(tool?.function.parameters).toMatchObject({
		type: 'object',
		properties: { prompt: { type: 'string' } },
		required: ['prompt'],
	});
	expect(model.answers[0]).toContain(jobs()[0]?.id);
	expect(model.answers[0]).toContain('succeeded');
	expect(model.answers[0]!.length).toBeLessThan(1_000);
});

it('10: asks for the price, keeps to the budget, and says what the video cost', async () => {
	const id = await n8n.rest.runManually('ttvKnowTheCost01', MANUAL);
	await bought(1);
	await finishAll();
	const done = await n8n.rest.untilExecution(id);
	expect(itemsOf(done, 'What would it cost?')[0]?.json).toMatchObject({
		estimate: true,
		cost: { quoted: 0.3, currency: 'USD' },
	});
	expect(itemsOf(done, 'Say what it cost')[0]?.json).toMatchObject({
		message: 'The video was quoted at 0.3 USD and cost 0.42 USD.',
		status: 'succeeded',
	});
});
