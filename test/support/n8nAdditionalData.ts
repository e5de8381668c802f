/** What n8n's server gives to an execution: node types, credentials, hooks and addresses. */
import type {
	ICredentialDataDecryptedObject,
	ICredentialType,
	IDataObject,
	IHttpRequestOptions,
	INodeType,
	IWorkflowExecuteAdditionalData,
	Workflow,
} from 'n8n-workflow';
import { core, ICredentialsHelper } from './n8nModules';

export interface Credential {
	type: ICredentialType;
	data: ICredentialDataDecryptedObject;
}

export interface Execution {
	options: { credentials?: Record<string, Credential> };
	workflow: Workflow;
	executionId: string;
	mode: 'manual' | 'trigger';
}

/** As n8n does at look-up: a node without `execute` gets the RoutingNode's. */
export function nodeTypesOf(types: Record<string, INodeType>) {
	for (const type of Object.values(types)) {
		if (type.execute || type.trigger || type.poll) continue;
		if (type.webhook && type.description.requestDefaults === undefined) continue;
		type.execute = async function (this: unknown) {
			return await new core.RoutingNode(this as never, type).runNode();
		} as INodeType['execute'];
	}
	const getByNameAndVersion = (name: string) => {
		const type = types[name];
		if (!type) throw new Error(`No node type ${name}`);
		return type;
	};
	return { getByName: getByNameAndVersion, getByNameAndVersion, getKnownTypes: () => ({}) };
}

export function additionalDataOf({ options, workflow, mode, executionId }: Execution) {
	const credentials = options.credentials ?? {};
	for (const node of Object.values(workflow.nodes)) {
		for (const name of Object.keys(credentials)) {
			(node.credentials ??= {})[name] = { id: name, name };
		}
	}
	class Helper extends ICredentialsHelper {
		getParentTypes() {
			return [];
		}
		isCredentialUsableByNode() {
			return true;
		}
		async preAuthentication() {
			return undefined;
		}
		async getDecrypted(_data: unknown, _details: unknown, type: string) {
			return credentials[type]?.data;
		}
		async authenticate(
			data: ICredentialDataDecryptedObject,
			type: string,
			request: IHttpRequestOptions,
		) {
			const how = credentials[type]?.type.authenticate;
			if (typeof how === 'function') return await how(data, request);
			return generic(how?.properties as IDataObject | undefined, data, request);
		}
	}
	const hooks = new core.ExecutionLifecycleHooks(mode, executionId, {
		id: workflow.id,
		name: 'Test',
		nodes: [],
		connections: {},
		active: false,
	} as never);
	return {
		credentialsHelper: new Helper(),
		hooks,
		executionId,
		instanceBaseUrl: 'http://127.0.0.1:5678/',
		restApiUrl: 'http://127.0.0.1:5678/rest',
		webhookBaseUrl: 'http://127.0.0.1:5678/webhook',
		webhookWaitingBaseUrl: 'http://127.0.0.1:5678/webhook-waiting',
		webhookTestBaseUrl: 'http://127.0.0.1:5678/webhook-test',
		formWaitingBaseUrl: 'http://127.0.0.1:5678/form-waiting',
		variables: {},
		currentNodeExecutionIndex: 0,
		setExecutionStatus: () => undefined,
		sendDataToUI: () => undefined,
	} as unknown as IWorkflowExecuteAdditionalData;
}

/** n8n's generic authentication: `=… {{$credentials.x}}` in headers, query and body. */
function generic(
	properties: IDataObject | undefined,
	data: ICredentialDataDecryptedObject,
	request: IHttpRequestOptions,
): IHttpRequestOptions {
	const result: Record<string, unknown> = { ...request };
	for (const [place, entries] of Object.entries(properties ?? {})) {
		const filled = Object.fromEntries(
			Object.entries(entries as IDataObject).map(([key, value]) => [
				key,
				String(value)
					.replace(/^=/, '')
					.replace(/\{\{\s*\$credentials\.(\w+)\s*\}\}/g, (_all, name: string) =>
						String(data[name] ?? ''),
					),
			]),
		);
		result[place] = { ...(result[place] as object), ...filled };
	}
	return result as unknown as IHttpRequestOptions;
}
