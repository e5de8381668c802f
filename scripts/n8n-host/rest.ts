import { parse } from 'flatted';

/** n8n answers requests that look like a bot's with an empty page. */
const USER_AGENT = 'Mozilla/5.0 (text-to-video)';
const POLL_MS = 150;
/** A first start on a busy machine loads hundreds of nodes. */
const READY_LIMIT_MS = 120_000;

/** A workflow as n8n exports it. */
export interface WorkflowJson {
	id?: string;
	name: string;
	nodes: WorkflowNode[];
	connections: Record<string, unknown>;
	settings?: Record<string, unknown>;
	pinData?: Record<string, unknown>;
}

export interface WorkflowNode {
	id?: string;
	name: string;
	type: string;
	typeVersion: number;
	position: [number, number];
	parameters: Record<string, unknown>;
	credentials?: Record<string, { id?: string; name: string }>;
	[setting: string]: unknown;
}

export interface Item {
	json: Record<string, unknown>;
	binary?: Record<string, { mimeType: string; fileName?: string; fileSize?: string; id?: string }>;
	pairedItem?: unknown;
	error?: unknown;
}

export interface NodeRun {
	executionStatus?: string;
	error?: { message: string; description?: string; [key: string]: unknown };
	data?: { main?: Array<Item[] | null>; [connection: string]: unknown };
	startTime: number;
	executionTime: number;
}

/** One execution as n8n stores it. */
export interface Execution {
	id: string;
	status: 'new' | 'running' | 'success' | 'error' | 'crashed' | 'canceled' | 'waiting' | 'unknown';
	waitTill: string | null;
	workflowId: string;
	data: {
		resultData: {
			lastNodeExecuted?: string;
			error?: { message: string; description?: string; [key: string]: unknown };
			runData: Record<string, NodeRun[]>;
			metadata?: Record<string, string>;
		};
		executionData?: { contextData?: Record<string, unknown> };
		[key: string]: unknown;
	};
}

const FINAL: ReadonlySet<Execution['status']> = new Set([
	'success',
	'error',
	'crashed',
	'canceled',
]);

/** n8n answered, but not with what was asked for. */
class RefusedByN8n extends Error {
	constructor(
		method: string,
		path: string,
		readonly status: number,
		text: string,
	) {
		super(`n8n answered ${method} ${path} with ${status}: ${text}`);
	}
}

/** A machine with much to do cuts a connection now and then. What only reads can be asked again. */
const wasCut = (error: unknown): boolean =>
	/^(ECONNRESET|UND_ERR_SOCKET)$/.test(
		String(((error as Error).cause as NodeJS.ErrnoException | undefined)?.code),
	);

/** Speaks with the interface that n8n's own editor uses, signed in as the owner. */
export class N8nRest {
	private cookie = '';

	/** @param givenIds n8n 1.x gives a workflow an id of its own, whatever it was saved with: from ours to that */
	constructor(
		readonly url: string,
		private readonly owner: { ownerEmail: string; ownerPassword: string },
		readonly givenIds = new Map<string, string>(),
	) {}

	/** Signs in; every other method needs it done once. */
	async login(): Promise<void> {
		await this.makeOwner();
		const reply = await this.send('POST', '/rest/login', {
			emailOrLdapLoginId: this.owner.ownerEmail,
			password: this.owner.ownerPassword,
		});
		this.cookie = reply.headers
			.getSetCookie()
			.map((cookie) => cookie.split(';')[0])
			.join('; ');
		await reply.body?.cancel();
	}

	/** n8n 1.x takes no owner from its environment: there the first who asks becomes it. */
	private async makeOwner(): Promise<void> {
		if (!(await this.settings()).userManagement.showSetupOnFirstLoad) return;
		const { ownerEmail: email, ownerPassword: password } = this.owner;
		const owner = { email, password, firstName: 'Local', lastName: 'Owner' };
		const reply = await this.send('POST', '/rest/owner/setup', owner);
		await reply.body?.cancel();
	}

	/** What n8n tells everybody. n8n 1.x says that it is ready a moment before its pages and its database are. */
	private async settings(): Promise<PublicSettings> {
		return await until(READY_LIMIT_MS, 'n8n to show its pages', async () => {
			return await this.call<PublicSettings>('GET', '/rest/settings').catch(unless(404, 503));
		});
	}

	/** Calls one path and returns what its `data` holds. Throws with n8n's own message. */
	async call<T>(method: string, path: string, body?: unknown): Promise<T> {
		const ask = async () => {
			const reply = await this.send(method, path, body);
			return ((await reply.json()) as { data: T }).data;
		};
		if (method !== 'GET') return await ask();
		return await ask().catch(async (error: unknown) => {
			if (!wasCut(error)) throw error;
			return await ask();
		});
	}

	private async send(method: string, path: string, body?: unknown): Promise<Response> {
		const reply = await fetch(this.url + path, {
			method,
			headers: {
				'user-agent': USER_AGENT,
				// A busy n8n may close a kept connection in the moment in which it is used again.
				connection: 'close',
				...(this.cookie ? { cookie: this.cookie } : {}),
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		if (!reply.ok) throw new RefusedByN8n(method, path, reply.status, await reply.text());
		return reply;
	}

	/** Every node type that n8n loaded, with its description. */
	async nodeTypes(): Promise<Array<{ name: string; [key: string]: unknown }>> {
		const reply = await this.send('GET', '/types/nodes.json');
		return (await reply.json()) as Array<{ name: string }>;
	}

	async credentialTypes(): Promise<Array<{ name: string }>> {
		const reply = await this.send('GET', '/types/credentials.json');
		return (await reply.json()) as Array<{ name: string }>;
	}

	/** Creates the credential, or overwrites the one of the same type and name. Returns its id. */
	async saveCredential(credential: {
		name: string;
		type: string;
		data: Record<string, unknown>;
	}): Promise<string> {
		const existing = await this.call<Array<{ id: string; name: string; type: string }>>(
			'GET',
			'/rest/credentials',
		);
		const same = existing.find(
			({ name, type }) => name === credential.name && type === credential.type,
		);
		if (!same) return (await this.call<{ id: string }>('POST', '/rest/credentials', credential)).id;
		await this.call('PATCH', `/rest/credentials/${same.id}`, credential);
		return same.id;
	}

	/** Creates the workflow, or overwrites the one with its id. Returns the id. */
	async saveWorkflow(workflow: WorkflowJson): Promise<string> {
		if (workflow.id && (await this.hasWorkflow(workflow.id))) {
			const { id, ...content } = workflow;
			await this.call('PATCH', this.workflowPath(id), content);
			return id;
		}
		// n8n 1.x stores no workflow that does not say so.
		const inactive = { ...workflow, active: false };
		const { id } = await this.call<{ id: string }>('POST', '/rest/workflows', inactive);
		if (workflow.id) this.givenIds.set(workflow.id, id);
		return id;
	}

	private workflowPath(id: string): string {
		return `/rest/workflows/${this.givenIds.get(id) ?? id}`;
	}

	/** A workflow as it is stored. */
	async workflow(id: string): Promise<WorkflowJson & { versionId: string }> {
		return await this.call('GET', this.workflowPath(id));
	}

	async hasWorkflow(id: string): Promise<boolean> {
		const all = await this.call<Array<{ id: string }>>('GET', '/rest/workflows');
		return all.some((workflow) => workflow.id === (this.givenIds.get(id) ?? id));
	}

	/** Makes the workflow's triggers live and waits until all of them are. */
	async activate(workflowId: string, limitMs = 30_000): Promise<void> {
		const { versionId } = await this.workflow(workflowId);
		await this.call('POST', `${this.workflowPath(workflowId)}/activate`, { versionId });
		await until(limitMs, `workflow ${workflowId} to be live`, async () => {
			const path = `${this.workflowPath(workflowId)}/publication-status`;
			// n8n 1.x has no such page: there the answer above came when all was live.
			const state = await this.call<PublicationStatus>('GET', path).catch(unless(404));
			return state === undefined || state.status === 'published' ? true : undefined;
		});
	}

	/**
	 * Presses "Execute workflow": runs the saved workflow from one trigger.
	 * @returns the execution's id
	 */
	async runManually(workflowId: string, triggerName: string): Promise<string> {
		return (await this.pressExecute<{ executionId: string }>(workflowId, triggerName)).executionId;
	}

	/**
	 * Presses "Execute workflow" where a trigger waits for a message from outside.
	 * @returns whether n8n listens for it now
	 */
	async listen(workflowId: string, triggerName: string): Promise<boolean> {
		const pressed = await this.pressExecute<{ waitingForWebhook?: boolean }>(
			workflowId,
			triggerName,
		);
		return pressed.waitingForWebhook === true;
	}

	private async pressExecute<T>(workflowId: string, triggerName: string): Promise<T> {
		const workflowData = await this.workflow(workflowId);
		return await this.call<T>('POST', `${this.workflowPath(workflowId)}/run`, {
			workflowData,
			triggerToStartFrom: { name: triggerName },
		});
	}

	/** One execution with everything that its nodes returned. */
	async execution(id: string): Promise<Execution> {
		const stored = await this.call<Omit<Execution, 'data'> & { data: string }>(
			'GET',
			`/rest/executions/${id}`,
		);
		// Nothing is stored of a run that has not yet come to its first pause or its end.
		const data = stored.data ? (parse(stored.data) as Execution['data'] | undefined) : undefined;
		return { ...stored, data: data ?? { resultData: { runData: {} } } };
	}

	/** The ids of a workflow's executions, newest first. */
	async executionIds(workflowId: string): Promise<string[]> {
		const wanted = { workflowId: this.givenIds.get(workflowId) ?? workflowId };
		const filter = encodeURIComponent(JSON.stringify(wanted));
		const found = await this.call<{ results: Array<{ id: string }> }>(
			'GET',
			`/rest/executions?filter=${filter}&limit=100`,
		);
		return found.results.map(({ id }) => id);
	}

	/** Waits until the execution has one of the given statuses (by default: has ended). */
	async untilExecution(
		id: string,
		statuses: ReadonlySet<Execution['status']> = FINAL,
		limitMs = 120_000,
	): Promise<Execution> {
		return await until(
			limitMs,
			`execution ${id} to become ${[...statuses].join(' or ')}`,
			async () => {
				const execution = await this.execution(id);
				return statuses.has(execution.status) && isStored(execution) ? execution : undefined;
			},
		);
	}

	/** Presses "Stop". */
	async stop(executionId: string): Promise<void> {
		await this.call('POST', `/rest/executions/${executionId}/stop`);
	}

	/**
	 * Presses "Retry". @returns the new execution's id
	 * @param withCurrentWorkflow as in the menu: the workflow as it is now, or as it was then
	 */
	async retry(executionId: string, withCurrentWorkflow: boolean): Promise<string> {
		const retried = await this.call<{ id: string }>(
			'POST',
			`/rest/executions/${executionId}/retry`,
			{ loadWorkflow: withCurrentWorkflow },
		);
		return retried.id;
	}

	/** The bytes of a file that a node returned. */
	async binary(id: string): Promise<Buffer> {
		const reply = await this.send(
			'GET',
			`/rest/binary-data?action=download&id=${encodeURIComponent(id)}`,
		);
		return Buffer.from(await reply.arrayBuffer());
	}
}

interface PublicationStatus {
	status: string;
}

interface PublicSettings {
	userManagement: { showSetupOnFirstLoad: boolean };
}

/** Undefined where n8n answered with one of these; throws every other problem on. */
const unless =
	(...statuses: number[]) =>
	(error: unknown): undefined => {
		if (error instanceof RefusedByN8n && statuses.includes(error.status)) return undefined;
		throw error;
	};

/** n8n 1.x writes that a run succeeded a moment before it writes what came of it. */
const isStored = ({ status, data }: Execution): boolean =>
	status !== 'success' || Object.keys(data.resultData.runData).length > 0;

/** The items of a node's (last) run on one of its outputs. */
export function itemsOf(execution: Execution, nodeName: string, output = 0): Item[] {
	return execution.data.resultData.runData[nodeName]?.at(-1)?.data?.main?.[output] ?? [];
}

/** Asks again until there is an answer. */
export async function until<T>(
	limitMs: number,
	what: string,
	ask: () => Promise<T | undefined>,
): Promise<T> {
	const deadline = Date.now() + limitMs;
	for (;;) {
		const answer = await ask();
		if (answer !== undefined) return answer;
		if (Date.now() > deadline)
			throw new Error(`Waited ${Math.round(limitMs / 1000)} seconds in vain for ${what}.`);
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
}
