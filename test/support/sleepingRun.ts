/** A run of Text to Video that sleeps, on contexts that are not n8n's: put to sleep, woken by the clock or by a call. */
import type { INodeExecutionData, IRunExecutionData, IWebhookFunctions } from 'n8n-workflow';
import { wake } from '../../nodes/TextToVideo/sleep/wake';
import { hookContext, type HookContext, type HookContextOptions } from './hookContext';
import { submitRun, type SubmitRun } from './submitRun';

/** Of one execution, as n8n keeps it: plain JSON over its sleeps. */
export interface Execution {
	options: HookContextOptions & { executionId: string; stored: object };
	data: IRunExecutionData & { resumeToken?: string };
	/** When n8n is to wake it, in Unix milliseconds, one for each sleep. */
	wakesAtMs: number[];
}

export function executionOf(options: HookContextOptions & { executionId: string }): Execution {
	const { goesOn = false } = options;
	return {
		options: {
			// The token is the execution's own: jobs are known by it.
			evaluated: `http://127.0.0.1:5678/webhook-waiting/7?signature=${options.executionId}`,
			stored: {},
			node: goesOn ? { onError: 'continueRegularOutput' } : {},
			...options,
		},
		data: {
			resumeToken: 'token',
			resultData: { runData: {} },
			executionData: { contextData: {}, nodeExecutionStack: [] },
		} as unknown as Execution['data'],
		wakesAtMs: [],
	};
}

/** n8n runs the node, the first time or after a sleep. */
export async function runNode(
	execution: Execution,
	left: number[] = [],
	prepared: object = {},
): Promise<SubmitRun & { context: HookContext }> {
	const { options, data, wakesAtMs } = execution;
	const context = hookContext(options);
	Object.assign(context, {
		runExecutionData: data,
		putExecutionToWait: async (at: Date) => await Promise.resolve(wakesAtMs.push(at.getTime())),
	});
	const ran = await submitRun(context, prepared, left);
	// n8n adds what a run gave to what it gave before.
	const given = ran.given as unknown as never;
	(data.resultData.runData.Video ??= []).push({ data: { main: [given] } } as never);
	return { ...ran, context };
}

export interface Call {
	status: number;
	body: unknown;
	/** The items that the node runs again with; none where it sleeps on. */
	resumed?: INodeExecutionData[][];
	logged: HookContext['logged'];
	/** Whether n8n is told that the answer was given. */
	isAnswered: boolean;
}

/** A message to the address that went along with the jobs. */
export async function callNode(execution: Execution, body: unknown): Promise<Call> {
	const { options, data } = execution;
	const context = hookContext(options);
	const node = context.getNode();
	const kept = data.executionData!;
	kept.contextData = { 'node:Video': options.stored as never };
	kept.nodeExecutionStack = [
		{ node: { ...node, disabled: true }, data: { main: [options.items ?? []] }, source: null },
	];
	const answer: { status: number; body?: unknown } = { status: 200 };
	const response = {
		status(code: number) {
			answer.status = code;
			return { json: (told: unknown) => void (answer.body = told) };
		},
	};
	Object.assign(context, {
		runExecutionData: data,
		getBodyData: () => body,
		getResponseObject: () => response,
	});
	const result = await wake.call(context as unknown as IWebhookFunctions);
	const { workflowData } = result;
	return {
		...{ status: answer.status, logged: context.logged },
		isAnswered: result.noWebhookResponse === true,
		body: answer.body ?? result.webhookResponse,
		...(workflowData ? { resumed: workflowData as INodeExecutionData[][] } : {}),
	};
}
