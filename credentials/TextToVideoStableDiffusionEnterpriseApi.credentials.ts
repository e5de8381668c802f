import type {
	IAuthenticateGeneric,
	Icon,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';

export class TextToVideoStableDiffusionEnterpriseApi implements ICredentialType {
	name = 'textToVideoStableDiffusionEnterpriseApi';

	displayName = 'Text to Video: Stable Diffusion Enterprise API';

	documentationUrl = 'https://stablediffusionapi.com/docs/enterprise-plan/overview';

	icon: Icon = { light: 'file:icons/text-to-video.svg', dark: 'file:icons/text-to-video.dark.svg' };

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description:
				'The key of your enterprise server. For load balancing, the key of the first one.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'https://stablediffusionapi.com',
			description:
				'Change it only to use another server that speaks the same API, such as your own GPU',
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { body: { key: '={{$credentials.apiKey}}' } },
	};

	/** Lists the schedulers, which costs nothing. A wrong key is answered with HTTP 200 and `status: "error"`. */
	test: ICredentialTestRequest = {
		request: {
			baseURL: '={{$credentials.baseUrl}}',
			url: '/api/v1/enterprise/schedulers_list',
			method: 'POST',
		},
		rules: [
			{
				type: 'responseSuccessBody',
				properties: { key: 'status', value: 'error', message: 'The provider refused the API key' },
			},
		],
	};
}
