import type { WorkflowJson, WorkflowNode } from '../../scripts/n8n-host/rest';

const NODE_DISTANCE_PIXELS = 220;

/** A node in short form; its place on the canvas comes from its place in the chain. */
export type NodeSpec = Omit<WorkflowNode, 'position' | 'typeVersion'> & { typeVersion?: number };

/** "When clicking Execute workflow". */
export const manualTrigger = (name = 'Manual'): NodeSpec => ({
	name,
	type: 'n8n-nodes-base.manualTrigger',
	parameters: {},
});

/** A Webhook node at `/webhook/<path>` that answers with what the last node returned. */
export const webhookTrigger = (path: string, name = 'Webhook'): NodeSpec => ({
	name,
	type: 'n8n-nodes-base.webhook',
	typeVersion: 2,
	webhookId: path,
	parameters: {
		path,
		httpMethod: 'POST',
		responseMode: 'lastNode',
		responseData: 'allEntries',
		options: {},
	},
});

/** Nodes in a row, each fed by the one before it. */
export function chain(id: string, nodes: NodeSpec[]): WorkflowJson {
	const connections = Object.fromEntries(
		nodes
			.slice(0, -1)
			.map((node, index) => [
				node.name,
				{ main: [[{ node: nodes[index + 1]?.name, type: 'main', index: 0 }]] },
			]),
	);
	return {
		id,
		name: id,
		nodes: nodes.map((node, index) => ({
			id: `${id}-${index}`,
			typeVersion: 1,
			...node,
			position: [index * NODE_DISTANCE_PIXELS, 0],
		})) as WorkflowNode[],
		connections,
		settings: { executionOrder: 'v1' },
	};
}
