/** A picture of every example workflow after a run, in a real n8n against simulated providers. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { TINY_JPEG } from '../../test/simulators/files';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../../test/simulators/simulator';
import { startFakeChatModel } from '../../test/support/fakeChatModel';
import { simulatedCredentials } from '../../test/support/lifeWorkflow';
import { N8nServer } from '../../test/support/n8nServer';
import { PostReceiver } from '../../test/support/postReceiver';
import type { WorkflowJson } from '../n8n-host/rest';
import { exampleFileNames, readExamples } from '../start/examples';
import { Editor } from './editor';

interface Stage {
	sim: Simulator;
	n8n: N8nServer;
	editor: Editor;
}

/** How each example is brought to its end, by its id: the step that is the last one to run, or more. */
const RUNS: Record<string, string | ((stage: Stage) => Promise<void>)> = {
	ttvFirstVideo001: 'Write the video to disk',
	ttvWaitLoop00001: 'The video',
	ttvSuspend000001: 'The video',
	ttvFallback00001: async ({ sim, editor }) => {
		sim.faults.next('submit', { kind: 'error', error: 'noCredit' });
		await editor.execute('The video');
	},
	ttvSubmitHook005: 'Text to Video',
	ttvOnCallback006: receiveTestEvent,
	ttvAgentTool0001: async ({ editor }) => {
		await editor.chat('A fox in the snow, please', 'AI Agent');
	},
	ttvPipeline00008: 'Note: posted',
	ttvBatch00000009: 'Note: done',
	ttvKnowTheCost01: 'Say what it cost',
	ttvPictureForm11: submitForm,
	ttvOneBudget0012: async ({ sim, editor }) => {
		sim.faults.next('submit', { kind: 'error', error: 'noCredit' }, { times: 2 });
		await editor.execute('Over the budget');
	},
	ttvWithSound0013: 'Write the video to disk',
	ttvSeries0000014: 'The clips',
};

export async function takeGallery(browser: Browser, folder: string): Promise<void> {
	await mkdir(folder, { recursive: true });
	const examples = await readExamples();
	const fileNames = await exampleFileNames();
	const sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: 2_000 });
	const model = await startFakeChatModel([
		{ tool: 'Text_to_Video', args: { prompt: 'A fox in the snow' } },
		{ say: () => 'Your video of a fox in the snow is ready.' },
	]);
	const office = await PostReceiver.open();
	const types = ['textToVideoLocalGpuApi', 'textToVideoAimlApi', 'textToVideoModelsLabApi'];
	const n8n = await N8nServer.start({
		credentials: [
			...simulatedCredentials(sim, types).map(({ data, ...credential }) => ({
				...credential,
				data: { ...data, webhookSecret: sim.webhookSecret },
			})),
			{ name: 'OpenAI', type: 'openAiApi', data: { apiKey: 'none', url: model.url } },
		],
		workflows: examples.map((example) => addressed(example, office.url, sim.url)),
	});
	try {
		const editor = await Editor.open(browser, n8n.openUrl);
		for (const [index, example] of examples.entries()) {
			const run = RUNS[example.id ?? ''];
			if (!run) throw new Error(`How is "${example.name}" run? Say so in RUNS.`);
			await editor.openWorkflow(example.id ?? '');
			if (typeof run === 'string') await editor.execute(run);
			else await run({ sim, n8n, editor });
			const name = fileNames[index]?.replace(/\.json$/, '.png') ?? '';
			await editor.canvasPicture(join(folder, name), example);
		}
	} finally {
		await n8n.dispose();
		await sim.close();
		await office.close();
		model.close();
	}
}

/** Posts and callbacks go to a service on this machine instead of the address that people have to fill in. */
function addressed(example: WorkflowJson, posts: string, callbacks: string): WorkflowJson {
	const nodes = structuredClone(example.nodes);
	for (const { name, parameters } of nodes) {
		if (name === 'Post it') parameters.url = posts;
		const fields = parameters.additionalFields as { webhook_url?: string } | undefined;
		if (fields?.webhook_url) fields.webhook_url = callbacks;
	}
	return { ...example, nodes };
}

/** The trigger listens for a test event, and the provider sends one about a finished job. */
async function receiveTestEvent({ sim, n8n, editor }: Stage): Promise<void> {
	await editor.startListening();
	const saved = await n8n.rest.workflow('ttvOnCallback006');
	const trigger = saved.nodes.find(({ webhookId }) => webhookId);
	const url = `${n8n.url}/webhook-test/${String(trigger?.webhookId)}/${trigger?.id}`;
	const [job] = sim.book.jobs.filter(({ trackingId }) => trackingId === 'lighthouse-1');
	await sim.callback(job?.id ?? '', { url });
	await editor.untilDone('Write the video to disk');
}

/** The form listens for a test, and somebody sends it. */
async function submitForm({ n8n, editor }: Stage): Promise<void> {
	await editor.startListening();
	const saved = await n8n.rest.workflow('ttvPictureForm11');
	const webhookId = String(saved.nodes.find((node) => node.webhookId)?.webhookId);
	const body = new FormData();
	body.set('field-0', new File([new Uint8Array(TINY_JPEG)], 'boat.jpg', { type: 'image/jpeg' }));
	body.set('field-1', 'The boat drifts away, soft light');
	await fetch(`${n8n.url}/form-test/${webhookId}`, {
		method: 'POST',
		body,
		headers: { 'user-agent': 'Mozilla/5.0' },
	});
	await editor.untilDone('Write the video to disk');
}
