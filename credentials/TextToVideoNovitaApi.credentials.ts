import type {
	IAuthenticateGeneric,
	Icon,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';

export class TextToVideoNovitaApi implements ICredentialType {
	name = 'textToVideoNovitaApi';

	displayName = 'Text to Video: Novita API';

	documentationUrl = 'https://novita.ai/docs/api-reference/model-apis-txt2video';

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
			default: 'https://api.novita.ai',
			description:
				'Change it only to use another server that speaks the same API, such as your own GPU',
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } },
	};

	/** Lists one model, which costs nothing and needs a valid key. */
	test: ICredentialTestRequest = {
		request: {
			baseURL: '={{$credentials.baseUrl}}',
			url: '/v3/model',
			qs: { 'pagination.limit': 1, 'filter.types': 'checkpoint' },
		},
	};
}
