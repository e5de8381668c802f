/**
 * Puts an execution to sleep so that n8n runs the same node again at the time, on the same input and as the same run.
 * By itself n8n goes on past a node that slept. Tested against a real n8n in `test/e2e/lifeSleep.e2e.ts`; it leans on
 * three things that n8n does not promise:
 * - `runExecutionData` is a property of the hook's context;
 * - at the time n8n switches the sleeping node off only where the stored JSON has `waitTill`; the database column, by
 *   which n8n finds sleepers, is written from the object in memory;
 * - JSON leaves out what can not be enumerated.
 */
import type { IExecuteFunctions, IExecuteSingleFunctions, IRunExecutionData } from 'n8n-workflow';

interface WithRunData {
	runExecutionData?: (IRunExecutionData & { resumeToken?: string }) | null;
}

/**
 * n8n 1 resumes an execution without claiming it: a timer and a callback would run it twice. It gives executions no
 * token, by which it is known. A workflow that was never saved is not woken at all.
 */
export const canSleep = (context: IExecuteSingleFunctions): boolean =>
	(context as unknown as WithRunData).runExecutionData?.resumeToken !== undefined &&
	Boolean(context.getWorkflow().id);

/** What a run gave when it went to sleep must not stay beside what it comes to now, be that a failure: n8n adds to it. */
export function forgetLastSleep(context: IExecuteSingleFunctions, runIndex: number): void {
	const { runExecutionData } = context as unknown as WithRunData;
	const past = runExecutionData?.resultData.runData[context.getNode().name];
	if (past && past.length > runIndex) past.length = runIndex;
}

/** Called once for the whole run, when every item has arrived and none stops the node. */
export async function sleepAndRunAgain(
	context: IExecuteSingleFunctions,
	wakeAt: Date,
): Promise<void> {
	const runIndex = Number(context.getWorkflowDataProxy(0).$runIndex);
	const data = (context as unknown as { runExecutionData: IRunExecutionData }).runExecutionData;
	// Without it n8n would count a further run: other places in the ledger, and other links between items.
	context.getExecuteData().runIndex = runIndex;
	Object.defineProperty(data, 'waitTill', {
		value: wakeAt,
		writable: true,
		configurable: true,
		enumerable: false,
	});
	await (context as unknown as IExecuteFunctions).putExecutionToWait(wakeAt);
}

/** The address for this execution's callbacks, with the node's own path: no other node hears them. */
export function callbackUrlOf(context: IExecuteSingleFunctions): string {
	const url = new URL(String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0)));
	url.pathname = `${url.pathname.replace(/\/+$/, '')}/${context.getNode().id}`;
	return url.toString();
}
