/**
 * The trigger behind a real HTTP server, driven by n8n-core's own HookContext and WebhookContext. What n8n does around
 * them is done here as its LiveWebhooks does it: each request gets a static data of its own, read before it, saved
 * after it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import type {
	INode,
	INodeExecutionData,
	INodeType,
	IWebhookResponseData,
	Workflow as WorkflowType,
} from 'n8n-workflow';
import { additionalDataOf, nodeTypesOf, type Credential } from './n8nAdditionalData';
import { binaryDataReady, core } from './n8nModules';

const require = createRequire(import.meta.url);
const { Workflow } = require('n8n-workflow') as { Workflow: typeof WorkflowType };

export const WEBHOOK_ID = '0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9';
export const NODE_ID = '7f6e5d4c-3b2a-4190-8f7e-6d5c4b3a2918';

export interface TriggerOptions {
	trigger: INodeType;
	parameters: Record<string, unknown>;
	credentials?: Record<string, Credential>;
}

export interface SendOptions {
	headers?: Record<string, string>;
	/** The last part of the address; the right one where absent. */
	secret?: string;
	/** On the test address, as after "Listen for test event". */
	manual?: boolean;
	method?: string;
}

export interface Sent {
	status: number;
	message?: string;
	headers: Headers;
	/** The items that the workflow starts with; absent where nothing starts. Settles when the trigger is done. */
	started(): Promise<INodeExecutionData[] | undefined>;
}

interface Served {
	result: Promise<IWebhookResponseData>;
}

let workflows = 0;

export class TriggerRig {
	/** As n8n's database holds it. */
	staticData = '{}';
	credentials: Record<string, Credential>;
	parameters: Record<string, unknown>;
	trigger: INodeType;
	private readonly served = new Map<string, Served>();
	private count = 0;
	private readonly workflowId = `workflow${(workflows += 1)}`;

	private constructor(
		options: TriggerOptions,
		private readonly server: Server,
		readonly url: string,
	) {
		this.trigger = options.trigger;
		this.credentials = options.credentials ?? {};
		this.parameters = options.parameters;
	}

	static async start(options: TriggerOptions): Promise<TriggerRig> {
		await binaryDataReady();
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as AddressInfo;
		const rig = new TriggerRig(options, server, `http://127.0.0.1:${port}`);
		server.on('request', (request, response) => rig.serve(request, response));
		return rig;
	}

	async close(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	/** What the editor shows for copying, by n8n's own rules. */
	address(manual = false): string | undefined {
		return this.hookContext(manual).getNodeWebhookUrl('default');
	}

	/** "Publish", or "Listen for test event". Throws what the person gets to read. */
	async activate(manual = false): Promise<void> {
		const methods = this.trigger.webhookMethods?.default;
		const context = this.hookContext(manual) as never;
		if (!(await methods?.checkExists?.call(context))) await methods?.create?.call(context);
	}

	async send(body: unknown, options: SendOptions = {}): Promise<Sent> {
		const id = String((this.count += 1));
		const secret = options.secret ?? this.address()?.split('/').at(-1) ?? '';
		const place = options.manual ? 'webhook-test' : 'webhook';
		const reply = await fetch(`${this.url}/${place}/${WEBHOOK_ID}/${secret}?n=${id}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'x-send': id, ...options.headers },
			body:
				typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData
					? (body as string)
					: JSON.stringify(body),
		});
		const text = await reply.text();
		return {
			status: reply.status,
			message: (JSON.parse(text) as { message?: string }).message,
			headers: reply.headers,
			started: async () => (await this.served.get(id)?.result)?.workflowData?.[0],
		};
	}

	private serve(request: IncomingMessage, response: ServerResponse): void {
		const id = String(request.headers['x-send']);
		const manual = request.url?.startsWith('/webhook-test') ?? false;
		const workflow = this.workflow();
		const context = new core.WebhookContext(
			workflow,
			workflow.getNode('Trigger') as INode,
			{
				...this.additionalData(workflow, manual),
				executionId: undefined,
				httpRequest: Object.assign(request, { originalUrl: request.url, params: {}, query: {} }),
				httpResponse: expressLike(response),
			} as never,
			manual ? 'manual' : 'webhook',
			{ webhookDescription: this.trigger.description.webhooks?.[0], isTest: manual } as never,
			[],
			null,
		);
		const result = this.trigger.webhook?.call(context as never) as Promise<IWebhookResponseData>;
		this.served.set(id, { result });
		void result.then(
			() => {
				if (!manual && workflow.staticData.__dataChanged) {
					this.staticData = JSON.stringify(workflow.staticData);
				}
			},
			() => response.writeHead(500).end('{"message":"n8n: There was a problem"}'),
		);
	}

	private workflow(): WorkflowType {
		return new Workflow({
			id: this.workflowId,
			name: 'Test',
			nodes: [
				{
					id: NODE_ID,
					webhookId: WEBHOOK_ID,
					name: 'Trigger',
					type: 'textToVideoTrigger',
					typeVersion: 1,
					position: [0, 0],
					parameters: this.parameters as never,
				},
			],
			connections: {},
			active: true,
			nodeTypes: nodeTypesOf({ textToVideoTrigger: this.trigger }) as never,
			staticData: JSON.parse(this.staticData),
			settings: {},
		});
	}

	private additionalData(workflow: WorkflowType, manual: boolean) {
		return additionalDataOf({
			options: { credentials: this.credentials },
			workflow,
			mode: manual ? 'manual' : 'trigger',
			executionId: 'webhook1',
		});
	}

	private hookContext(manual: boolean) {
		const workflow = this.workflow();
		return new core.HookContext(
			workflow,
			workflow.getNode('Trigger') as INode,
			this.additionalData(workflow, manual),
			manual ? 'manual' : 'trigger',
			manual ? 'manual' : 'activate',
			{ webhookDescription: this.trigger.description.webhooks?.[0], isTest: manual } as never,
		);
	}
}

/** The three methods of Express that answer a request. */
function expressLike(response: ServerResponse) {
	return Object.assign(response, {
		status(code: number) {
			response.statusCode = code;
			return response;
		},
		set(headers: Record<string, string>) {
			for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
			return response;
		},
		json(value: unknown) {
			response.setHeader('Content-Type', 'application/json');
			response.end(JSON.stringify(value));
			return response;
		},
	});
}
