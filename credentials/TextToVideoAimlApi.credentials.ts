import type {
	IAuthenticateGeneric,
	Icon,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';

export class TextToVideoAimlApi implements ICredentialType {
	name = 'textToVideoAimlApi';

	displayName = 'Text to Video: AI/ML API';

	documentationUrl = 'https://docs.aimlapi.com/quickstart/setting-up';

	icon: Icon = { light: 'file:icons/text-to-video.svg', dark: 'file:icons/text-to-video.dark.svg' };

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'https://api.aimlapi.com',
			description:
				'Change it only to use another server that speaks the same API, such as your own GPU',
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } },
	};

	/** Reads the balance, which costs nothing and needs a valid key. */
	test: ICredentialTestRequest = {
		request: { baseURL: '={{$credentials.baseUrl}}', url: '/v1/billing/balance' },
	};
}
