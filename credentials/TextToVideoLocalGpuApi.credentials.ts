import type {
	ICredentialDataDecryptedObject,
	Icon,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

export class TextToVideoLocalGpuApi implements ICredentialType {
	name = 'textToVideoLocalGpuApi';

	displayName = 'Text to Video: Local GPU API';

	documentationUrl =
		'https://github.com/text-to-video/n8n-nodes-text-to-video/tree/main/gpu-local#readme';

	icon: Icon = { light: 'file:icons/text-to-video.svg', dark: 'file:icons/text-to-video.dark.svg' };

	properties: INodeProperties[] = [
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'http://127.0.0.1:8484',
			description:
				'Where the local executor listens. From a container, the host is often http://host.docker.internal:8484.',
		},
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description: 'Only needed where the executor was started with a key',
		},
		{
			displayName: 'Webhook Secret',
			name: 'webhookSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'whsec_…',
			description:
				'Proves that a message to the Webhook Trigger comes from this executor. Several, divided by spaces, while you change it.',
		},
	];

	/** The key is optional, and an empty Authorization header would be refused. */
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		if (!credentials.apiKey) return requestOptions;
		const headers = {
			...requestOptions.headers,
			Authorization: `Bearer ${String(credentials.apiKey)}`,
		};
		return { ...requestOptions, headers };
	}

	test: ICredentialTestRequest = {
		request: { baseURL: '={{$credentials.baseUrl}}', url: '/v1/models' },
	};
}
