import { resolve } from 'node:path';
import { Problem } from '../n8n-host/problem';
import { itemsOf, type Execution, type N8nRest, type WorkflowJson } from '../n8n-host/rest';

const RUN_LIMIT_MS = 180_000;

/**
 * Presses "Execute workflow" on an example and returns the path of the file that it wrote.
 * @param filesFolder where n8n resolves relative file names
 */
export async function makeVideo(
	rest: N8nRest,
	workflow: WorkflowJson,
	filesFolder: string,
): Promise<string> {
	const trigger = nodeOfType(workflow, 'n8n-nodes-base.manualTrigger');
	const writer = nodeOfType(workflow, 'n8n-nodes-base.readWriteFile');
	const executionId = await rest.runManually(workflow.id ?? '', trigger);
	const execution = await rest
		.untilExecution(executionId, undefined, RUN_LIMIT_MS)
		.catch(() => rest.execution(executionId));
	if (execution.status !== 'success') throw runProblem(workflow, execution, rest.url);
	const fileName = itemsOf(execution, writer)[0]?.json.fileName;
	if (typeof fileName !== 'string') throw runProblem(workflow, execution, rest.url);
	return resolve(filesFolder, fileName);
}

function nodeOfType(workflow: WorkflowJson, type: string): string {
	const node = workflow.nodes.find((candidate) => candidate.type === type);
	if (!node) throw new Error(`The workflow "${workflow.name}" has no node of type ${type}.`);
	return node.name;
}

function runProblem(workflow: WorkflowJson, execution: Execution, url: string): Problem {
	const { error, lastNodeExecuted } = execution.data.resultData;
	const where = lastNodeExecuted ? ` at the node "${lastNodeExecuted}"` : '';
	const what = [error?.message, error?.description].filter(Boolean).join(' ');
	const happened =
		execution.status === 'running' || execution.status === 'new'
			? `did not end within ${RUN_LIMIT_MS / 1000} seconds`
			: `ended with "${execution.status}"`;
	return new Problem(
		`The workflow "${workflow.name}" ${happened}${where}. ${what}`.trim(),
		`The run is in the editor: ${url}/workflow/${execution.workflowId}/executions/${execution.id}`,
	);
}
