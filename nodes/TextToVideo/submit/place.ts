import type { IExecuteSingleFunctions } from 'n8n-workflow';

/** Where a job belongs, for who reads the log: several executions of many workflows write to it at a time. */
export function placeOf(context: IExecuteSingleFunctions): string {
	const { id, name } = context.getWorkflow();
	const workflow = name ? `workflow "${name}" ${id}` : `workflow ${id}`;
	return `${workflow}, execution ${context.getExecutionId()}, node "${context.getNode().name}", item ${context.getItemIndex() + 1}`;
}
