/**
 * Runs a workflow of our nodes on the real n8n-core: the real RoutingNode, credentials, expressions and binary data,
 * without the server around it.
 */
import { parse, stringify } from 'flatted';
import type {
	IDataObject,
	INode,
	INodeExecutionData,
	INodeType,
	IRun,
	IRunExecutionData,
} from 'n8n-workflow';
import {
	additionalDataOf,
	nodeTypesOf,
	type Credential,
	type Execution,
} from './n8nAdditionalData';
import { binaryDataReady, core, createRunExecutionData, Workflow } from './n8nModules';

export interface WorkflowRun {
	/** The workflow's nodes besides the first one, which feeds the items. */
	nodes: Array<Partial<INode> & Pick<INode, 'name' | 'type' | 'parameters'>>;
	nodeTypes: Record<string, INodeType>;
	credentials?: Record<string, Credential>;
	items?: INodeExecutionData[];
	/** What the nodes noted in an execution that died, as far as n8n had saved it; written to from now on. */
	contextData?: Record<string, IDataObject>;
	/** n8n's own token of the execution, where it goes on after n8n died. */
	resumeToken?: string;
	/** An n8n of the first generation gives executions no token. */
	withoutToken?: boolean;
	/** Called with a function that stops the execution. */
	onStart?: (stop: () => void) => void;
	mode?: 'manual' | 'trigger';
	/** What n8n kept with the workflow from earlier executions. */
	staticData?: IDataObject;
}

/** An execution that n8n stored, and what can happen to it. */
export interface StoredExecution {
	/** Calls the sleeping execution's webhook, as a provider would, with a body. */
	call(body: unknown): Promise<CallResult>;
	/** The time of the sleep has come. */
	wake(): Promise<WorkflowResult>;
	/** What n8n's database holds of it. */
	stored(): IRunExecutionData;
	/** "Retry" of an execution that failed. */
	retry(changes?: Partial<WorkflowRun>): Promise<WorkflowResult>;
}

export interface WorkflowResult extends StoredExecution {
	run: IRun;
	/** What n8n would keep with the workflow. */
	staticData: IDataObject;
	/** Items of each output of the named node in its last run. */
	outputs(name: string): INodeExecutionData[][];
	items(name: string): INodeExecutionData[];
	error?: { message: string; description?: string | null };
	status: IRun['status'];
	/** Unix milliseconds, while the execution sleeps. */
	waitTillMs?: number;
}

export interface CallResult {
	/** What the sender sees. */
	status: number;
	body: unknown;
	/** Set where the call woke the execution. */
	resumed?: WorkflowResult;
}

/** Feeds the items into the workflow. */
const feed: INodeType = {
	description: {
		displayName: 'Feed',
		name: 'feed',
		group: ['trigger'],
		version: 1,
		description: '',
		defaults: { name: 'Feed' },
		inputs: [],
		outputs: ['main'],
		properties: [],
	},
	async execute() {
		return [this.getInputData()];
	},
};

let executions = 0;

export async function runWorkflow(options: WorkflowRun): Promise<WorkflowResult> {
	const session = sessionOf(options);
	const runData = createRunExecutionData({
		executionData: {
			contextData: options.contextData ?? {},
			metadata: {},
			waitingExecution: {},
			waitingExecutionSource: {},
			nodeExecutionStack: [
				{
					node: session.workflow.getNode('Feed'),
					data: { main: [options.items ?? [{ json: {} }]] },
					source: null,
				},
			],
		},
	});
	const { resumeToken, withoutToken } = options;
	const { resumeToken: _token, ...tokenless } = runData;
	const data = withoutToken ? tokenless : runData;
	return await proceed(session, resumeToken ? { ...data, resumeToken } : data);
}

interface Session extends Execution {
	options: WorkflowRun;
}

function sessionOf(options: WorkflowRun, executionId?: string): Session {
	const nodeTypes = nodeTypesOf({ feed, ...options.nodeTypes });
	const nodes: INode[] = [
		{ id: 'feed', name: 'Feed', type: 'feed', typeVersion: 1, position: [0, 0], parameters: {} },
		...options.nodes.map((node, index) => ({
			id: `node${index}`,
			typeVersion: 1,
			position: [200 * (index + 1), 0] as [number, number],
			...node,
		})),
	];
	const connections = Object.fromEntries(
		nodes
			.slice(0, -1)
			.map((node, index) => [
				node.name,
				{ main: [[{ node: (nodes[index + 1] as INode).name, type: 'main' as const, index: 0 }]] },
			]),
	);
	const workflow = new Workflow({
		id: 'workflow1',
		name: 'Test',
		nodes,
		connections,
		active: false,
		nodeTypes: nodeTypes as never,
		settings: {},
		...(options.staticData ? { staticData: options.staticData } : {}),
	});
	if (executionId === undefined) executions += 1;
	return {
		options,
		workflow,
		executionId: executionId ?? String(executions),
		mode: options.mode ?? 'manual',
	};
}

async function proceed(session: Session, runData: IRunExecutionData): Promise<WorkflowResult> {
	await binaryDataReady();
	const { options, workflow, mode } = session;
	const additionalData = additionalDataOf(session);
	const execute = new core.WorkflowExecute(additionalData, mode, runData);
	const running = execute.processRunExecutionData(workflow);
	options.onStart?.(() => (running as unknown as { cancel(): void }).cancel());
	const run = await running;
	const outputs = (name: string) => {
		const last = run.data.resultData.runData[name]?.at(-1);
		// A node that failed on waking keeps what it showed while it slept; nothing of it is passed on.
		return last?.error ? [] : (last?.data?.main ?? []).map((items) => items ?? []);
	};
	const error = run.data.resultData.error as WorkflowResult['error'] | undefined;
	return {
		run,
		staticData: JSON.parse(JSON.stringify(workflow.staticData)) as IDataObject,
		outputs,
		items: (name) => outputs(name)[0] ?? [],
		...(error ? { error } : {}),
		status: run.status,
		...(run.waitTill ? { waitTillMs: new Date(run.waitTill).getTime() } : {}),
		...storedExecution(options, session.executionId, () => stringify(run.data)),
	};
}

/** @param data what n8n's database gives back: the execution itself is gone between two of its parts */
export function storedExecution(
	options: WorkflowRun,
	executionId: string,
	data: () => string,
): StoredExecution {
	const saved = () => parse(data()) as IRunExecutionData;
	const afresh = () => sessionOf(options, executionId);
	return {
		call: async (body) => await callWebhook(afresh(), saved(), body),
		wake: async () => await proceed(afresh(), saved()),
		stored: saved,
		retry: async (changes) => await retry(sessionOf({ ...options, ...changes }), saved()),
	};
}

/** As n8n's `ExecutionService.retry` does it. */
async function retry(session: Session, data: IRunExecutionData): Promise<WorkflowResult> {
	delete data.resultData.error;
	const last = data.resultData.runData[data.resultData.lastNodeExecuted ?? ''];
	if (last?.at(-1)?.error) last.pop();
	for (const entry of data.executionData?.nodeExecutionStack ?? []) {
		entry.node = session.workflow.getNode(entry.node.name) as INode;
	}
	return await proceed(session, data);
}

/** As n8n's `WaitingWebhooks` and `WebhookHelpers` do it. */
async function callWebhook(
	session: Session,
	data: IRunExecutionData,
	body: unknown,
): Promise<CallResult> {
	const entry = data.executionData?.nodeExecutionStack[0];
	const name = data.resultData.lastNodeExecuted as string;
	if (!entry) throw new Error('Nothing sleeps');
	entry.node.disabled = true;
	delete data.waitTill;
	data.resultData.runData[name]?.pop();
	const node = session.workflow.getNode(name) as INode;
	const type = session.workflow.nodeTypes.getByNameAndVersion(node.type, 1);
	const sent: { status: number; body: unknown } = { status: 200, body: undefined };
	const response = {
		status(code: number) {
			sent.status = code;
			return response;
		},
		json(value: unknown) {
			sent.body = value;
			return response;
		},
	};
	const context = new core.WebhookContext(
		session.workflow,
		node,
		{
			...additionalDataOf(session),
			httpRequest: { body, headers: {}, params: {}, query: {} },
			httpResponse: response,
		} as never,
		session.mode,
		{ webhookDescription: type.description.webhooks?.[0] } as never,
		[],
		data,
	);
	const answer = await type.webhook?.call(context as never);
	if (answer?.workflowData === undefined) {
		return answer?.noWebhookResponse ? sent : { status: 200, body: answer?.webhookResponse };
	}
	entry.data.main = answer.workflowData;
	entry.metadata = { ...entry.metadata, forwardAllOutputs: true } as never;
	return { ...sent, resumed: await proceed(session, data) };
}
