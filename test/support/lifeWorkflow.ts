/** A production workflow that makes one video for each prompt that is posted to it, on a real n8n. */
import type { Execution, WorkflowJson } from '../../scripts/n8n-host/rest';
import type { CredentialSpec } from '../../scripts/start/examples';
import { providerById } from '../../providers/registry';
import type { Simulator } from '../simulators/simulator';
import type { N8nServer } from './n8nServer';
import { until } from './n8nServer';
import { chain } from './n8nWorkflows';
import { videoParameters } from './videoNode';

export interface LifeWorkflow {
	id: string;
	provider: string;
	parameters?: object;
	/** Settings of the Video node. */
	settings?: object;
	workflowSettings?: object;
	/** One prompt after the other, each in a round of its own. */
	loop?: true;
}

/** Webhook → one item a prompt → Video → After. */
export function lifeWorkflow(life: LifeWorkflow): WorkflowJson {
	const workflow = chain(life.id, [
		{
			name: 'Webhook',
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			webhookId: life.id,
			parameters: {
				path: life.id,
				httpMethod: 'POST',
				responseMode: 'onReceived',
				options: {},
			},
		},
		{
			name: 'Prompts',
			type: 'n8n-nodes-base.splitOut',
			parameters: { fieldToSplitOut: 'body.prompts', options: { destinationFieldName: 'prompt' } },
		},
		{
			name: 'Video',
			type: 'n8n-nodes-text-to-video.textToVideo',
			parameters: videoParameters(life.provider, life.parameters) as Record<string, unknown>,
			credentials: { [providerById(life.provider).credential]: { name: 'Simulated' } },
			...life.settings,
		},
		{ name: 'After', type: 'n8n-nodes-base.noOp', parameters: {} },
	]);
	const settings = { ...workflow.settings, ...life.workflowSettings };
	return { ...(life.loop ? looped(workflow) : workflow), settings };
}

/** Prompts → Loop → Video → Loop, and Loop → After when all are through. */
function looped(workflow: WorkflowJson): WorkflowJson {
	const loop = {
		id: 'loop',
		name: 'Loop',
		type: 'n8n-nodes-base.splitInBatches',
		typeVersion: 3,
		position: [0, 200] as [number, number],
		parameters: { batchSize: 1, options: {} },
	};
	const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];
	return {
		...workflow,
		nodes: [...workflow.nodes, loop],
		connections: {
			...workflow.connections,
			Prompts: { main: [to('Loop')] },
			Loop: { main: [to('After'), to('Video')] },
			Video: { main: [to('Loop')] },
		},
	};
}

export const simulatedCredentials = (sim: Simulator, types: string[]): CredentialSpec[] =>
	types.map((type) => ({
		name: 'Simulated',
		type,
		data: { baseUrl: sim.url, apiKey: sim.key },
	}));

/** Posts the prompts and gives the id of the execution that they start. */
export async function startLife(n8n: N8nServer, id: string, prompts: string[]): Promise<string> {
	const before = await n8n.rest.executionIds(id);
	const reply = await n8n.callWebhook(id, { prompts });
	if (reply.status !== 200) throw new Error(`The webhook answered ${JSON.stringify(reply)}`);
	return await until(15_000, 'the execution to start', async () =>
		(await n8n.rest.executionIds(id)).find((execution) => !before.includes(execution)),
	);
}

export const untilAsleep = async (n8n: N8nServer, id: string): Promise<Execution> =>
	await n8n.rest.untilExecution(id, new Set(['waiting', 'error', 'crashed', 'success'] as const));

export const promptsOf = (count: number): string[] =>
	Array.from({ length: count }, (_unused, index) => `Video number ${index}`);
