import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { REPOSITORY_FOLDER } from '../../scripts/repository';
import { readExamples } from '../../scripts/start/examples';
import { TINY_JPEG } from '../simulators/files';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import { startFakeChatModel, type FakeChatModel, type Turn } from '../support/fakeChatModel';
import { rowsOf } from '../support/dataTable';
import {
	lifeWorkflow,
	simulatedCredentials,
	startLife,
	untilAsleep,
} from '../support/lifeWorkflow';
import { itemsOf, N8nServer, until, type Execution, type WorkflowJson } from '../support/n8nServer';

const MANUAL = 'When clicking Execute workflow';
const EXAMPLES = [
	'ttvFirstVideo001',
	'ttvSubmitHook005',
	'ttvOnCallback006',
	'ttvBatch00000009',
	'ttvWaitLoop00001',
	'ttvSuspend000001',
	'ttvFallback00001',
	'ttvAgentTool0001',
	'ttvKnowTheCost01',
	'ttvPictureForm11',
	'ttvOneBudget0012',
	'ttvWithSound0013',
	'ttvSeries0000014',
];
const FIRST = 'ttvFirstVideo001';
const SUBMITTING = 'ttvSubmitHook005';
const RECEIVING = 'ttvOnCallback006';
const BATCH = 'ttvBatch00000009';
const PROMPT = 'A fox in the snow';
const AGENT = 'ttvAgentTool0001';
/** The oldest that n8n 2 still runs with tools, and the newest. */
const AGENT_VERSIONS = [2, 3.1];
const agentId = (version: number) => `ttvAgent${String(version).padStart(8, '0')}`;

function withAgent(version: number, example: WorkflowJson): WorkflowJson {
	const nodes = structuredClone(example.nodes);
	for (const node of nodes) if (node.name === 'AI Agent') node.typeVersion = version;
	return { ...example, id: agentId(version), name: `An agent of version ${version}`, nodes };
}

/** What n8n answers where it writes into one folder only, which is not the one that it was started in. */
const NOT_ALLOWED: unknown = expect.stringContaining('N8N_RESTRICT_FILE_ACCESS_TO');

const asks = (request: object, words: string) => JSON.stringify(request).includes(words);

let sim: Simulator;
let model: FakeChatModel;
let n8n: N8nServer;
let home: string;
let earlier = 0;

beforeAll(async () => {
	sim = await startSimulator({
		...WITHOUT_LIMITS,
		durationMs: ({ request }) => (asks(request, 'at once') ? 300 : Infinity),
		failWhen: ({ request }) => (asks(request, 'impossible') ? 'Nobody can draw that' : undefined),
	});
	model = await startFakeChatModel([
		{ tool: 'Text_to_Video', args: { prompt: PROMPT } },
		{ say: ([answer]) => `Here it is: ${answer}` },
	]);
	const examples = await readExamples(join(REPOSITORY_FOLDER, 'examples'));
	home = await mkdtemp(join(tmpdir(), 'text-to-video-home-'));
	n8n = await N8nServer.start({
		// The one folder of a fresh n8n: .n8n-files in the home folder.
		env: { N8N_RESTRICT_FILE_ACCESS_TO: undefined, HOME: home },
		credentials: [
			...simulatedCredentials(sim, [
				'textToVideoLocalGpuApi',
				'textToVideoAimlApi',
				'textToVideoModelsLabApi',
			]).map((credential) => ({
				...credential,
				data: { ...credential.data, webhookSecret: sim.webhookSecret },
			})),
			{ name: 'OpenAI', type: 'openAiApi', data: { apiKey: 'a-key', url: model.url } },
		],
		workflows: [
			...examples.filter(({ id }) => EXAMPLES.includes(id ?? '')),
			...AGENT_VERSIONS.map((version) =>
				withAgent(
					version,
					examples.find(({ id }) => id === AGENT)!,
				),
			),
		],
		active: [RECEIVING],
	});
});
afterAll(async () => {
	await n8n?.dispose();
	await sim?.close();
	model?.close();
	await rm(home, { recursive: true, force: true });
});
beforeEach(() => {
	earlier = sim.book.charges;
});
afterEach(() => sim.faults.clear());

const jobs = () => sim.book.jobs.slice(earlier);
const bought = async (count: number) =>
	await until(30_000, `${count} jobs`, async () => (jobs().length === count ? true : undefined));
const finishAll = async () => await Promise.all(jobs().map(async ({ id }) => await sim.finish(id)));

it('01: ends well, with the video and its address, where n8n may not write the file', async () => {
	const id = await n8n.rest.runManually(FIRST, MANUAL);
	await bought(1);
	await finishAll();
	const done = await n8n.rest.untilExecution(id);
	expect(done.status).toBe('success');
	expect(itemsOf(done, 'Fetch Result')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	expect(itemsOf(done, 'Not written to disk')[0]?.json).toMatchObject({
		jobId: jobs()[0]?.id,
		video: expect.stringContaining(sim.url),
		reason: NOT_ALLOWED,
	});
});

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

/** Starts the agent as a chat message does. */
async function chat(workflowId: string, wishes = ['A fox, please']): Promise<string> {
	const workflowData = await n8n.rest.call('GET', `/rest/workflows/${workflowId}`);
	const items = wishes.map((chatInput, index) => ({
		json: { chatInput, sessionId: `s${index}`, action: 'sendMessage' },
	}));
	const data = {
		...{ startTime: Date.now(), executionTime: 0, executionIndex: 0, source: [null] },
		data: { main: [items] },
	};
	const { executionId } = await n8n.rest.call<{ executionId: string }>(
		'POST',
		`/rest/workflows/${workflowId}/run`,
		{ workflowData, triggerToStartFrom: { name: 'When chat message received', data } },
	);
	return executionId;
}

it('05 and 06: the one submits, the other is started by the provider and ends well', async () => {
	const { nodes: waiting } = await n8n.rest.workflow(RECEIVING);
	const trigger = waiting.find(({ webhookId }) => webhookId)!;
	const { name, nodes, connections, settings } = await n8n.rest.workflow(SUBMITTING);
	const changed = { id: SUBMITTING, name, nodes: structuredClone(nodes), connections, settings };
	const submit = changed.nodes.find((node) => node.name === 'Text to Video')!;
	Object.assign(submit.parameters.additionalFields as object, {
		webhook_url: `${n8n.url}/webhook/${String(trigger.webhookId)}/${trigger.id}`,
	});
	await n8n.rest.saveWorkflow(changed);
	expect((await n8n.run(SUBMITTING, MANUAL)).status).toBe('success');
	await finishAll();
	const id = await until(60_000, 'the workflow to be started', async () =>
		(await n8n.rest.executionIds(RECEIVING)).at(0),
	);
	const done = await n8n.rest.untilExecution(id);
	expect(done.status).toBe('success');
	expect(itemsOf(done, 'Not written to disk')[0]?.json).toMatchObject({
		jobId: jobs()[0]?.id,
		video: expect.stringContaining(sim.url),
		reason: NOT_ALLOWED,
	});
});

it('09: makes the rows of the table, and keeps the addresses where the files could not be written', async () => {
	const id = await n8n.rest.runManually(BATCH, MANUAL);
	await bought(3);
	await finishAll();
	const done = await n8n.rest.untilExecution(id);
	expect(done.status).toBe('success');
	const rows = await rowsOf(n8n, 'text-to-video-batch');
	expect(rows.map(({ status, reason }) => ({ status, reason }))).toEqual(
		rows.map(() => ({ status: 'done', reason: NOT_ALLOWED })),
	);
	expect(new Set(rows.map(({ jobId }) => jobId))).toEqual(new Set(jobs().map((job) => job.id)));
});

it('07: an agent orders a video with its own words and gets a short text', async () => {
	const executionId = await chat(AGENT);
	await bought(1);
	await finishAll();
	const done = await n8n.rest.untilExecution(executionId);
	expect(done.data.resultData.error?.message).toBeUndefined();
	expect(jobs()[0]?.request.prompt).toBe(PROMPT);
	const tool = model.tools.find((each) => each.function.name === 'Text_to_Video');
	expect(tool?.function.description).toMatch(/costs money/i);
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

/** As it would be read with another encryption key than it was written with. */
function garble(credentialId: string): void {
	const database = new DatabaseSync(join(dirname(n8n.filesFolder), '.n8n', 'database.sqlite'));
	database.exec('PRAGMA busy_timeout = 20000');
	const garbled = database
		.prepare('UPDATE credentials_entity SET data = ? WHERE id = ?')
		.run(Buffer.from('Salted__another key').toString('base64'), credentialId);
	database.close();
	expect(garbled.changes).toBe(1);
}

it.each([
	[
		'was deleted',
		async (id: string) => void (await n8n.rest.call('DELETE', `/rest/credentials/${id}`)),
	],
	['was written with another encryption key', async (id: string) => garble(id)],
])(
	'a credential that %s: a certain no at the error output, and nothing is sent',
	async (what, spoil) => {
		const [credential] = simulatedCredentials(sim, ['textToVideoAimlApi']);
		const name = `One that ${what}`;
		const id = await n8n.rest.saveCredential({ ...credential!, name });
		const path = what.replaceAll(' ', '-');
		await n8n.rest.saveWorkflow(
			lifeWorkflow({
				id: path,
				provider: 'aimlapiPixverse',
				settings: {
					onError: 'continueRegularOutput',
					credentials: { textToVideoAimlApi: { id, name } },
				},
			}),
		);
		await n8n.rest.activate(path);
		await spoil(id);
		const asked = sim.book.requests.length;
		const done = await n8n.rest.untilExecution(await startLife(n8n, path, ['A lost key']));
		expect(itemsOf(done, 'Video')[0]?.json).toMatchObject({
			details: { accepted: 'no', provider: 'aimlapiPixverse' },
		});
		expect(JSON.stringify(itemsOf(done, 'Video')[0]?.json)).toContain('can not be used');
		expect(sim.book.requests).toHaveLength(asked);
	},
);

it('11: makes a video that begins with the picture of a form', async () => {
	const id = 'ttvPictureForm11';
	await n8n.rest.activate(id);
	const { nodes } = await n8n.rest.workflow(id);
	const form = nodes.find(({ webhookId }) => webhookId)!;
	const reply = await until(30_000, 'the form to be live', async () => {
		const sent = await sendForm(`${n8n.url}/form/${String(form.webhookId)}`, TINY_JPEG);
		return sent.status === 404 ? undefined : sent.status;
	});
	expect(reply).toBe(200);
	await bought(1);
	expect(jobs()[0]?.request).toMatchObject({
		prompt: PROMPT,
		input_reference: { image_url: `data:image/jpeg;base64,${TINY_JPEG.toString('base64')}` },
	});
	await finishAll();
	const [executionId] = await n8n.rest.executionIds(id);
	const done = await n8n.rest.untilExecution(executionId!);
	expect(done.data.resultData.error?.message).toBeUndefined();
	expect(done.status).toBe('success');
	expect(itemsOf(done, 'Text to Video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
});

/** As the page of n8n's form sends it. */
async function sendForm(url: string, picture: Buffer): Promise<Response> {
	const body = new FormData();
	body.set('field-0', new File([new Uint8Array(picture)], 'boat.jpg', { type: 'image/jpeg' }));
	body.set('field-1', PROMPT);
	return await fetch(url, { method: 'POST', body, headers: { 'user-agent': 'Mozilla/5.0' } });
}

/** Makes each video as soon as it is ordered, until the run is over. */
async function finishAsOrdered(executionId: string): Promise<Execution> {
	return await until(120_000, 'the run to end', async () => {
		await finishAll();
		const execution = await n8n.rest.execution(executionId);
		return ['running', 'waiting', 'new'].includes(execution.status) ? undefined : execution;
	});
}

it('12: what the first provider did not take goes to the second as far as the budget reaches', async () => {
	sim.faults.next('submit', { kind: 'error', error: 'noCredit' }, { times: 2 });
	const done = await finishAsOrdered(await n8n.rest.runManually('ttvOneBudget0012', MANUAL));
	expect(done.data.resultData.error?.message).toBeUndefined();
	// Of 1 USD the first video took 0.42; 0.30 more are within it, 0.60 are not.
	expect(jobs().map(({ provider }) => provider)).toEqual(['aimlapiPixverse', 'modelslabV6']);
	const videos = done.data.resultData.runData['The video']?.flatMap(
		({ data }) => data?.main?.[0] ?? [],
	);
	expect(videos?.map(({ json }) => json.status)).toEqual(['succeeded', 'succeeded']);
	expect(itemsOf(done, 'Over the budget').map(({ json }) => json.reason)).toEqual([
		'The budget of 1 USD does not reach for it',
	]);
});

it('12: orders nothing more while an order is in doubt', async () => {
	sim.faults.next('submit', { kind: 'resetAfter' });
	sim.faults.next('submit', { kind: 'error', error: 'noCredit' });
	sim.faults.next('account', { kind: 'error', error: 'notFound' }, { path: '/v2/logs' });
	const done = await finishAsOrdered(await n8n.rest.runManually('ttvOneBudget0012', MANUAL));
	expect(done.data.resultData.error?.message).toBeUndefined();
	expect(jobs().map(({ provider }) => provider)).toEqual(['aimlapiPixverse', 'aimlapiPixverse']);
	expect(itemsOf(done, 'Look at the provider first')).toHaveLength(1);
	expect(itemsOf(done, 'Over the budget')).toHaveLength(1);
});

it('13: orders sound, and saves the file', async () => {
	const done = await finishAsOrdered(await n8n.rest.runManually('ttvWithSound0013', MANUAL));
	expect(done.data.resultData.error?.message).toBeUndefined();
	expect(jobs().map(({ request }) => request)).toEqual([
		expect.objectContaining({ model: 'google/veo-3.1-t2v-fast', generate_audio: true }),
	]);
	expect(done.status).toBe('success');
	expect(itemsOf(done, 'Text to Video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
});

it('14: each clip begins with the last picture of the one before it', async () => {
	const done = await finishAsOrdered(await n8n.rest.runManually('ttvSeries0000014', MANUAL));
	expect(done.data.resultData.error?.message).toBeUndefined();
	const picture = { image_url: `data:image/jpeg;base64,${TINY_JPEG.toString('base64')}` };
	expect(jobs().map(({ request }) => [request.prompt, request.input_reference])).toEqual([
		['A paper boat leaves a harbour at dawn', undefined],
		['The boat drifts into the fog', picture],
		['The boat reaches an island', picture],
	]);
	const clips = itemsOf(done, 'The clips');
	expect(clips.map(({ json }) => json.jobId)).toEqual(jobs().map(({ id }) => id));
	expect(clips.map(({ binary }) => binary?.data?.mimeType)).toEqual(Array(3).fill('video/mp4'));
});

describe.each(AGENT_VERSIONS)(
	'what an agent of version %d is told, and what is paid',
	(version) => {
		const order = (prompt: string) => ({ tool: 'Text_to_Video', args: { prompt } });
		/** @returns what each call of the script was answered */
		async function answersTo(...script: Turn[]): Promise<string[]> {
			model.script = script;
			const done = await n8n.rest.untilExecution(await chat(agentId(version)));
			expect(done.data.resultData.error?.message).toBeUndefined();
			return model.answers;
		}

		it('a video that is done: its address, one job', async () => {
			const [answer] = await answersTo(order('A hare at once'));
			expect(answer).toMatch(/"status":"succeeded".*"ordersLeft":2.*Do not order it again/);
			expect(jobs()).toHaveLength(1);
		});

		it('an empty prompt: refused in words, no job', async () => {
			const [answer] = await answersTo(order(' '));
			expect(answer).toMatch(/"accepted":"no".*Prompt.*Nothing was ordered/);
			expect(jobs()).toHaveLength(0);
		});

		it('a job that failed: the reason, and no invitation to order again', async () => {
			const [answer] = await answersTo(order('An impossible stair at once'));
			expect(answer).toMatch(/"status":"failed".*Nobody can draw that.*only if the user asks/);
			expect(jobs()).toHaveLength(1);
		});

		it('a submit in doubt: that it may cost money, one job', async () => {
			for (let time = 0; time < 10; time += 1) sim.faults.next('submit', { kind: 'resetAfter' });
			const [answer] = await answersTo(order('A doubtful cat'));
			expect(answer).toMatch(/"accepted":"unknown".*may have been accepted.*Do not order again/);
			expect(jobs()).toHaveLength(1);
		});

		it('an id that nobody knows: a text, no job', async () => {
			const [answer] = await answersTo({ tool: 'Fetch_Result', args: { jobId: 'video_nobody' } });
			expect(answer).toMatch(/"problem":".*not found/i);
			expect(jobs()).toHaveLength(0);
		});

		it('three items: each orders its own video and is told of its own alone', async () => {
			const wishes = ['A hare at once', 'A heron at once', 'A hedgehog at once'];
			model.script = [(asked) => order(asked), { say: ([answer]) => answer ?? '' }];
			const done = await n8n.rest.untilExecution(await chat(agentId(version), wishes));
			expect(done.data.resultData.error?.message).toBeUndefined();
			const jobOf = (wish: string) =>
				jobs().find(({ request }) => String(request.prompt).includes(wish))?.id;
			const said = itemsOf(done, 'AI Agent').map(({ json }) => String(json.output));
			expect(said).toEqual(
				wishes.map((wish) => expect.stringContaining(String(jobOf(wish))) as string),
			);
			expect(jobs()).toHaveLength(3);
		});

		it('30 orders in one message under Maximum Jobs 3: three videos and 27 refusals', async () => {
			const calls = Array.from({ length: 30 }, (_unused, index) => order(`Hare ${index} at once`));
			const answers = await answersTo({ calls });
			const refused = answers.filter((answer) => answer.includes('order no more videos'));
			expect(jobs()).toHaveLength(3);
			expect(answers.filter((answer) => answer.includes('"status":"succeeded"'))).toHaveLength(3);
			expect(refused).toHaveLength(27);
			expect(refused[0]).toContain('Maximum Jobs is 3');
		});
	},
);
