import type { Icon, ICredentialTestRequest, ICredentialType, INodeProperties } from 'n8n-workflow';
import { localGpu } from '../providers/localGpu';
import { ignoreSslProperty } from './shared/account';
import { authenticateIfKey } from './shared/authenticate';
import { answersWith, testRequest } from './shared/connectionTest';

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
			default: localGpu.account.defaultBaseUrl,
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
		ignoreSslProperty,
	];

	authenticate = authenticateIfKey;

	test: ICredentialTestRequest = {
		request: testRequest('/v1/models'),
		rules: [answersWith('data')],
	};
}
