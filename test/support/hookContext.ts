/** What n8n hands to a hook, with nothing of n8n behind it: for code that asks little of it. */
import type {
	IBinaryData,
	IDataObject,
	IExecutePaginationFunctions,
	IHttpRequestOptions,
	INode,
	INodeExecutionData,
} from 'n8n-workflow';

export interface HookContextOptions {
	/** `text-to-video.textToVideo` by default; a tool's name ends in "Tool". */
	type?: string;
	/** Of the node; those that n8n would evaluate for each item are functions of its number. */
	parameters?: Record<string, unknown>;
	node?: Partial<INode>;
	items?: INodeExecutionData[];
	itemIndex?: number;
	runIndex?: number;
	executionId?: string;
	workflow?: { id?: string; name?: string };
	/** On Error: Continue. */
	goesOn?: boolean;
	signal?: AbortSignal;
	/** Of the node, as n8n keeps it for the execution. */
	stored?: object;
	/** What an expression gives. */
	evaluated?: unknown;
	credentials?: Record<string, IDataObject>;
	/** Answers a request. */
	http?(options: IHttpRequestOptions): unknown;
	isCopied?: boolean;
	/** Takes a file, for as long as it takes. */
	store?(): Promise<unknown>;
}

export interface Sent extends IHttpRequestOptions {
	/** The type of the credential whose key goes along. */
	keyOf?: string;
	/** What n8n would abort an authenticated request by. */
	abortedBy?: AbortSignal | undefined;
}

export interface HookContext extends IExecutePaginationFunctions {
	logged: Array<[level: string, message: string]>;
	sent: Sent[];
	shownJobs: Record<string, string>;
	staticData: IDataObject;
	/** The names of the files that were stored. */
	files: string[];
}

/** n8n keeps some things for a node, and some for the whole flow. */
function ofNode<T>(type: string, kept: T): T {
	if (type !== 'node') throw new Error(`kept for "${type}", not for the node`);
	return kept;
}

export function hookContext(options: HookContextOptions = {}): HookContext {
	const { parameters = {}, items = [{ json: {} }], credentials = {}, stored = {} } = options;
	const node = {
		...{ id: 'node0', name: 'Video', type: options.type ?? 'text-to-video.textToVideo' },
		...{ typeVersion: 1, position: [0, 0], parameters },
		credentials: Object.fromEntries(
			Object.keys(credentials).map((type) => [type, { id: `id of ${type}`, name: type }]),
		),
		...options.node,
	} as INode;
	const executeData = {
		node,
		data: { main: [items] },
		source: options.isCopied === false ? null : { main: [] },
	};
	const logged: HookContext['logged'] = [];
	const log = (level: string) => (message: string) => void logged.push([level, message]);
	const sent: Sent[] = [];
	const shownJobs: Record<string, string> = {};
	const staticData: IDataObject = {};
	const files: string[] = [];
	const answer = (request: Sent) => {
		sent.push(request);
		return options.http?.(request) ?? { statusCode: 200, headers: {}, body: '{}' };
	};
	const context = {
		...{ logged, sent, shownJobs, staticData, files, itemIndex: options.itemIndex ?? 0 },
		getNode: () => node,
		getItemIndex(this: { itemIndex: number }) {
			return this.itemIndex;
		},
		getInputData(this: { itemIndex: number }) {
			return items[this.itemIndex];
		},
		getNodeParameter(this: { itemIndex: number }, name: string, fallback?: unknown) {
			const value = parameters[name];
			const given: unknown = typeof value === 'function' ? value(this.itemIndex) : value;
			return given === undefined ? fallback : given;
		},
		getExecuteData: () => executeData,
		getExecutionId: () => options.executionId ?? '7',
		getWorkflow: () => ({ id: 'w1', name: 'Shop', active: true, ...options.workflow }),
		getWorkflowDataProxy: () => ({ $runIndex: options.runIndex ?? 0 }),
		getWorkflowStaticData: (type: string) => ofNode(type, staticData),
		getContext: (type: string) => ofNode(type, stored),
		continueOnFail: () => options.goesOn ?? false,
		getExecutionCancelSignal: () => options.signal,
		evaluateExpression: () => options.evaluated,
		getCredentials: async (type: string) => {
			const data = credentials[type];
			if (!data) throw new Error(`no credential ${type}`);
			return await Promise.resolve(data);
		},
		customData: { set: (name: string, value: string) => void (shownJobs[name] = value) },
		logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
		helpers: {
			httpRequest: async (request: IHttpRequestOptions) => await Promise.resolve(answer(request)),
			async httpRequestWithAuthentication(
				this: { getExecutionCancelSignal(): AbortSignal | undefined },
				keyOf: string,
				request: IHttpRequestOptions,
			) {
				const abortedBy = this.getExecutionCancelSignal();
				return await Promise.resolve(answer({ ...request, keyOf, abortedBy }));
			},
			prepareBinaryData: async (_source: unknown, fileName = ''): Promise<IBinaryData> => {
				files.push(fileName);
				await options.store?.();
				return await Promise.resolve({ mimeType: 'video/mp4', data: '', fileName, id: 'disk:1' });
			},
		},
	};
	return context as unknown as HookContext;
}
